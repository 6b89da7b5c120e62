"""Nodes with items: arrays, sets, tuples and mappings."""

# ruff: noqa: ARG002  every node has the same methods

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..pointer import Path
from .items import Items
from .leaf import Constraint
from .node import Node
from .walk import Pending, Sibling, Walk, no_sibling


class ArrayNode(Node):
    """A list, set, frozenset or tuple of any length, with one type of items.

    Args:
        annotation: the type as declared.
        concrete: what it is decoded to.
        item: the items.
        constraints: on the number of items.
    """

    kind = "array"
    json_types = (list, tuple)

    def __init__(self, annotation: Any, concrete: type, item: Node, constraints: Sequence[Constraint]) -> None:
        self.annotation = annotation
        self.concrete = concrete
        self.item = item
        self.constraints = tuple(constraints)
        self.python_types = (concrete,)
        self.is_set = concrete in (set, frozenset)
        self.counts_distinct = self.is_set and bool(constraints)

    def below(self) -> Iterable[Node]:
        """The items."""
        return (self.item,)

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """Every item, then the number of items; a set's is known only when all items are good."""
        if not isinstance(value, list):
            walk.add(path, self.kind)
            return False
        errors_before, pending_before = len(walk.errors), len(walk.pending)
        refused = walk.refused_below(path)
        items = Items(self.item, path, walk, is_unnamed=self.is_unnamed)
        items.collect(value, range(len(value)), refused if isinstance(refused, int) else None)
        self._collect_length(value, path, walk, is_good=len(walk.errors) == errors_before)
        if len(walk.errors) > errors_before:
            return False
        del walk.pending[pending_before:]
        return True

    def _collect_length(self, value: list[Any], path: Path, walk: Walk, *, is_good: bool) -> None:
        if self.is_set and not walk.lax:
            if not is_good:
                return
            try:
                items = set[self.item.annotation]  # type: ignore[name-defined]
                value = list(walk.judge(value, items, as_json=self.item.counts_distinct))
            except msgspec.ValidationError:
                walk.add(path, "invalid")
                return
        for constraint in self.constraints:
            if not walk.accepts(value, constraint.annotation):
                walk.add(path, constraint.code, constraint.params, constraint.message, "items")

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """Every item; a set's items have no index, so its errors point at the set."""
        if self.concrete is list and isinstance(value, list):
            for index, item in enumerate(value):
                value[index] = self.item.gather(item, (*path, index), "", no_sibling, out)
            return value
        if not isinstance(value, tuple | set | frozenset):
            return value
        if self.concrete is tuple:
            items = enumerate(value)
            return tuple(self.item.gather(item, (*path, index), "", no_sibling, out) for index, item in items)
        return self.concrete(self.item.gather(item, path, "", no_sibling, out) for item in value)

    def children(self, step: str | int) -> Iterable[Node]:
        """The items, by index."""
        return (self.item,) if isinstance(step, int) else ()


class TupleNode(Node):
    """An array of fixed places, each with a type: a tuple, a named tuple, a Struct with ``array_like=True``.

    Args:
        annotation: the type as declared.
        items: the places.
        required: how many of them must be sent.
        is_open: whether more items than places are ignored.
        names: attributes of the decoded object, for a Struct; empty for tuples.
        cls: the class of decoded values.
    """

    kind = "array"
    json_types = (list, tuple)

    def __init__(
        self,
        annotation: Any,
        items: Sequence[Node],
        *,
        required: int | None = None,
        is_open: bool = False,
        names: Sequence[str] = (),
        cls: type = tuple,
    ) -> None:
        self.annotation = annotation
        self.items = list(items)
        self.required = len(self.items) if required is None else required
        self.is_open = is_open
        self.names = tuple(names)
        self.cls = cls
        self.python_types = (cls,)

    def below(self) -> Iterable[Node]:
        """The places."""
        return self.items

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """The number of items, then every place."""
        if not isinstance(value, list):
            walk.add(path, self.kind)
            return False
        most = None if self.is_open else len(self.items)
        if most is None and len(value) < self.required:
            walk.add(path, "min_length", {"min": self.required}, variant="items")
            return False
        if most is not None and not self.required <= len(value) <= most:
            walk.add(path, "items", {"min": self.required, "max": most})
            return False
        places = list(zip(self.items, value, strict=False))
        good = [node.collect(item, (*path, index), walk) for index, (node, item) in enumerate(places)]
        if all(good):
            return True
        for index, (node, item) in enumerate(places):
            if good[index] and node.has_rules:
                node.gather(node.decoded(item, walk), (*path, index), "", no_sibling, walk.pending)
        return False

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """Every place. Only plain tuples can have transforms."""
        if not isinstance(value, self.python_types):
            return value
        sent: Any = [getattr(value, name) for name in self.names] if self.names else value
        shift = len(self.items) - len(self.names) if self.names else 0
        places = enumerate(zip(self.items[shift:], sent, strict=True), shift)
        gathered = [node.gather(item, (*path, index), "", no_sibling, out) for index, (node, item) in places]
        return tuple(gathered) if self.cls is tuple else value

    def children(self, step: str | int) -> Iterable[Node]:
        """The place with that index."""
        return (self.items[step],) if isinstance(step, int) and step < len(self.items) else ()


class MappingNode(Node):
    """A dict whose names are not declared.

    Args:
        annotation: the type as declared.
        bare: the same without constraints.
        key: annotation of the names.
        value: the members.
        constraints: on the number of members.
    """

    kind = "object"
    json_types = (dict,)
    python_types = (dict,)

    def __init__(self, annotation: Any, bare: Any, key: Any, value: Node, constraints: Sequence[Constraint]) -> None:
        self.annotation = annotation
        self.bare = bare
        self.key = key
        self.value = value
        self.constraints = tuple(constraints)

    def below(self) -> Iterable[Node]:
        """The members."""
        return (self.value,)

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """Every name and every member, then their number."""
        if not isinstance(value, dict):
            walk.add(path, self.kind)
            return False
        errors_before, pending_before = len(walk.errors), len(walk.pending)
        good = self._good_names(value, path, walk)
        items = Items(self.value, path, walk, is_unnamed=self.is_unnamed)
        items.collect([value[name] for name in good], good, None)
        for constraint in self.constraints:
            if not walk.accepts(value, constraint.annotation):
                walk.add(path, constraint.code, constraint.params, constraint.message, "members")
        if len(walk.errors) > errors_before:
            return False
        del walk.pending[pending_before:]
        return True

    def _good_names(self, value: dict[str, Any], path: Path, walk: Walk) -> list[str]:
        if walk.accepts(dict.fromkeys(value), dict[self.key, Any]):  # type: ignore[name-defined]
            return list(value)
        good = []
        for name in value:
            if walk.accepts({name: None}, dict[self.key, Any]):  # type: ignore[name-defined]
                good.append(name)
            else:
                walk.add((*path, name), "key")
        return good

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """Every member."""
        if not isinstance(value, dict):
            return value
        for name, member in value.items():
            value[name] = self.value.gather(member, (*path, str(name)), "", no_sibling, out)
        return value

    def children(self, step: str | int) -> Iterable[Node]:
        """The members, by name."""
        return (self.value,) if isinstance(step, str) else ()
