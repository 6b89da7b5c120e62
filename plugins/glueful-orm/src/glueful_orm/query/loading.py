"""Eager loading: one statement for each relation and level."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..model.errors import UnknownRelation

if TYPE_CHECKING:
    from ..model.model import Model
    from .builder import Refinement


async def load(model: "type[Model]", owners: "Sequence[Model]", paths: "Mapping[str, Refinement | None]") -> None:
    """Load relations of instances.

    Args:
        model: the model of all ``owners``.
        owners: whose relations.
        paths: ``"comments.author"`` and what to do to the query of its last relation, or None.

    Raises:
        UnknownRelation: a path names what is no relation.
    """
    levels: dict[str, tuple[Any, dict[str, Any]]] = {}
    for path, refine in paths.items():
        name, _, rest = path.partition(".")
        known, below = levels.get(name, (None, {}))
        levels[name] = (known if rest else refine or known, {**below, rest: refine} if rest else below)
    for name, (refine, below) in levels.items():
        relation = model.__relations__.get(name)
        if relation is None:
            raise UnknownRelation(model.__name__, name)
        found = await relation.load(owners, refine)
        if below and found:
            await load(relation.target, found, below)
