"""The tree of a response: which resource stands where, and which of its fields are shown."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .annotations import AnyResource
from .declaration import FieldPlan, Shape
from .errors import ResourceError
from .fields import Presence
from .selection import Path, Selection

Tree = Mapping[str, Any]
"""Relations to include, by field, each with those to include below it."""


class Node:
    """One resource at one place.

    Args:
        shape: what it is.
        shown: index and plan of each field that is part of the answer.
        children: by field, the resource of a relation.
        included: fields of relations that the request asked for.
    """

    def __init__(
        self, shape: Shape, shown: list[tuple[int, FieldPlan]], children: "dict[str, Node]", included: set[str]
    ) -> None:
        self.shape = shape
        self.shown = shown
        self.children = children
        self.loads: dict[str, int | None] = {}
        """Relations that have to be loaded, with the greatest number of rows for each owner."""
        if shape.source is not None:
            for _, plan in shown:
                is_wanted = plan.spec.presence is Presence.ALWAYS or plan.name in included
                if is_wanted and plan.child is not None and plan.source not in shape.columns:
                    self.loads[plan.source] = plan.spec.limit
                self.loads.update(dict.fromkeys(plan.spec.loads))
        self.has_work: bool = bool(self.loads) or shape.has_prepare or any(c.has_work for c in children.values())
        """Whether rows here or below have to be looked at before anything is made of them."""

    @property
    def relations(self) -> "Iterator[tuple[FieldPlan, Node]]":
        """The fields that are resources, with these."""
        for _, plan in self.shown:
            if plan.child is not None:
                yield plan, self.children[plan.name]

    def all(self, seen: "set[int] | None" = None) -> "Iterator[Node]":
        """This node and all below it, each once."""
        seen = set() if seen is None else seen
        if id(self) not in seen:
            seen.add(id(self))
            yield self
            for child in self.children.values():
                yield from child.all(seen)

    @property
    def own_columns(self) -> list[str] | None:
        """The columns that suffice to make the answer; None if whole rows are needed."""
        if self.shape.source is None or self.has_work or self.children:
            return None
        names: dict[str, None] = {}
        for _, plan in self.shown:
            is_plain = plan.access == "column" and not plan.conditions
            if plan.access == "links" and plan.spec.routes is not None and not plan.conditions:
                sources = [s for r in plan.spec.routes.values() for s in r.parameters.values()]
                is_plain = all(source in self.shape.columns for source in sources)
                names |= dict.fromkeys(sources)
            elif is_plain:
                names[plan.source] = None
            if not is_plain:
                return None
        return list(names) or None


class NodeBuilder:
    """Builds the tree of one selection.

    Args:
        shape_of: the shape of a resource.
        selection: what the request asked for.
        is_visible: whether the caller may see a field.
        max_depth: how deep resources that nobody asked for are followed.
    """

    def __init__(
        self,
        shape_of: Callable[[AnyResource], Shape],
        selection: Selection,
        is_visible: Callable[[FieldPlan], bool],
        max_depth: int,
    ) -> None:
        self._shape_of = shape_of
        self._fields = dict(selection.fields)
        self._tree = tree_of(selection.includes)
        self._is_visible = is_visible
        self._max_depth = max_depth
        self._built: dict[tuple[Any, ...], Node] = {}

    def build(self, resource: AnyResource) -> Node:
        """The tree with ``resource`` as its root.

        Raises:
            ResourceError: resources that are always there contain one another.
        """
        return self._node(self._shape_of(resource), self._tree, 1, ())

    def _node(self, shape: Shape, tree: Tree, depth: int, required: tuple[str, ...]) -> Node:
        key = (shape, paths_of(tree), depth)
        if (known := self._built.get(key)) is not None:
            return known
        name = shape.resource.__name__
        if name in required:
            raise ResourceError(
                f"{' contains '.join((*required, name))} in every answer", "make one of these relations when_loaded()"
            )
        chosen = self._fields.get(shape.type_name) if shape.options.sparse else None
        shown: list[tuple[int, FieldPlan]] = []
        children: dict[str, Node] = {}
        for index, plan in enumerate(shape.fields):
            is_included = plan.name in tree
            is_chosen = chosen is None or plan.json_name in chosen or is_included
            if not is_chosen or not self._is_visible(plan):
                continue
            if plan.child is not None:
                is_always = plan.spec.presence is not Presence.LOADED
                if not is_included and not is_always and depth >= self._max_depth:
                    continue
                chain = (*required, name) if is_always and not plan.conditions else ()
                children[plan.name] = self._node(self._shape_of(plan.child), tree.get(plan.name, {}), depth + 1, chain)
            shown.append((index, plan))
        node = self._built[key] = Node(shape, shown, children, set(tree))
        return node


def tree_of(paths: "frozenset[Path]") -> dict[str, Any]:
    """Paths as a tree."""
    tree: dict[str, Any] = {}
    for path in paths:
        below = tree
        for name in path:
            below = below.setdefault(name, {})
    return tree


def paths_of(tree: Tree) -> frozenset[Path]:
    """A tree as its paths."""
    return frozenset(path for name, below in tree.items() for path in [(name,), *((name, *p) for p in paths_of(below))])
