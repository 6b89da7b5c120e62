"""What has to be looked up before anything is made of rows: relations, one statement a level, and ``prepare``."""

from collections.abc import Mapping, Sequence
from typing import Any

from .annotations import AnyResource
from .nodes import Node


async def complete(root: Node, rows: Sequence[Any], selves: "Mapping[AnyResource, Any]") -> None:
    """Load what the tree needs of rows, then let each resource prepare itself for all of its rows.

    Args:
        root: of the tree.
        rows: of the root.
        selves: the instance of each resource for this response.
    """
    gathered: dict[AnyResource, dict[int, Any]] = {}
    await _load(root, rows, gathered)
    for resource, found in gathered.items():
        await selves[resource].prepare(list(found.values()))


async def _load(node: Node, rows: Sequence[Any], gathered: dict[AnyResource, dict[int, Any]]) -> None:
    source = node.shape.source
    if source is not None and node.loads and rows:
        for relation, limit in node.loads.items():
            missing: dict[type, dict[int, Any]] = {}
            for row in rows:
                if relation not in getattr(row, source.related):
                    missing.setdefault(type(row), {})[id(row)] = row
            for model, without in missing.items():
                await source.load(model, list(without.values()), relation, limit)
    if node.shape.has_prepare:
        gathered.setdefault(node.shape.resource, {}).update((id(row), row) for row in rows)
    for plan, child in node.relations:
        if child.has_work:
            await _load(child, _related(node, plan.source, rows, is_many=plan.is_many), gathered)


def _related(node: Node, name: str, rows: Sequence[Any], *, is_many: bool) -> list[Any]:
    """What is loaded of a relation of rows, each once."""
    shape = node.shape
    if shape.source is not None and name not in shape.columns:
        related = shape.source.related
        found = [getattr(row, related).get(name) for row in rows]
    elif shape.is_mapping:
        found = [row.get(name) for row in rows]
    else:
        found = [getattr(row, name, None) for row in rows]
    present = [one for one in found if one]
    flat = [row for group in present for row in group] if is_many else present
    return list({id(row): row for row in flat}.values())
