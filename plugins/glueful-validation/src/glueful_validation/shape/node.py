"""What every node of a type tree can do.

A tree mirrors one annotation. It is walked for two purposes: ``collect`` over plain data that msgspec refused, to find
every error; ``gather`` over a decoded value that msgspec accepted, to find the values that have rules beyond their
type. Where only a part of the data is good, ``collect`` itself gathers that part: so one answer has the errors of
rules, too.
"""

# ruff: noqa: ARG002  every node has the same methods

from collections.abc import Iterable
from typing import Any

import msgspec

from ..context import ABSENT
from ..pointer import Path
from ..rules.rule import Rule, Transform
from .walk import Pending, Sibling, Walk


class Node:
    """A place in a type tree.

    Attributes:
        annotation: the type as declared, for msgspec.
        kind: what JSON should hold here, as a code: ``"integer"``, ``"object"`` …
        python_types: types of decoded values, by which a member of a union is found again.
        json_types: Python types of plain data that this node takes.
        has_rules: whether a rule or transform stands here or below.
        counts_distinct: whether a set of limited size stands here or below. Its size in JSON is that of the set, but
            ``msgspec.convert`` counts equal items each, so only its verdict on JSON text counts.
        is_unnamed: whether this node can stand inside itself by way of a mapping or set, whose members msgspec does not
            name. Asking for its verdict at every level would take time that grows with depth times size.
    """

    annotation: Any = Any
    kind: str = "any"
    python_types: tuple[type, ...] = (object,)
    json_types: tuple[type, ...] = (object,)
    has_rules: bool = False
    counts_distinct: bool = False
    is_unnamed: bool = False

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """Note every error of plain data, and every rule whose value has none.

        Returns:
            Whether the value conforms.

        Raises:
            EnoughErrors: the limit is reached.
        """
        raise NotImplementedError

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """Apply the transforms to a decoded value and note its rules.

        A value of another type is a default that does not conform to its own annotation, often None; it is left alone.

        Returns:
            The value, transformed.
        """
        return value

    def decoded(self, value: Any, walk: Walk) -> Any:
        """The decoded value of plain data that conforms."""
        if self.counts_distinct and not walk.lax:
            return walk.judge(value, self.annotation, as_json=True)
        return walk.convert(value, self.annotation)

    def below(self) -> "Iterable[Node]":
        """The nodes right under this one."""
        return ()

    def settle(self) -> None:
        """Called once, when the whole tree is built."""

    def children(self, step: str | int) -> "Iterable[Node]":
        """The nodes that a member or item may be of; nothing for a member that is ignored."""
        return ()

    def limits(self, offence: str) -> bool:
        """Whether a value with this trait may not stand here.

        Args:
            offence: ``"nul"``, ``"int64"``, ``"number"`` (an infinite one) or ``"too_long"``.
        """
        return False


class AnyNode(Node):
    """``Any``, ``object`` and ``msgspec.Raw``: whatever JSON can say."""

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """Always conforms."""
        return True

    def children(self, step: str | int) -> Iterable[Node]:
        """Itself, at any depth."""
        return (self,)

    def limits(self, offence: str) -> bool:
        """All of them; text may look as it likes."""
        return offence != "decimal"


class RuledNode(Node):
    """A node with rules or transforms of its own."""

    has_rules = True

    def __init__(self, inner: Node, rules: tuple[Rule, ...], transforms: tuple[Transform, ...]) -> None:
        self.inner = inner
        self.rules = rules
        self.transforms = transforms
        self.absent_rules = tuple(rule for rule in rules if getattr(rule, "sees_absent", False))
        self.annotation = inner.annotation
        self.kind = inner.kind
        self.python_types = inner.python_types
        self.json_types = inner.json_types

    def below(self) -> Iterable[Node]:
        """The inner node."""
        return (self.inner,)

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """The inner node's verdict; the rules wait for it to be good."""
        return self.inner.collect(value, path, walk)

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """Transforms first, then what stands below, then the rules."""
        if value is None or value is msgspec.UNSET or value is ABSENT:
            out.extend(Pending(rule, value, path, field, sibling) for rule in self.absent_rules)
            return value
        if not isinstance(value, self.python_types):
            return value
        for transform in self.transforms:
            value = transform.transform(value)
        value = self.inner.gather(value, path, field, sibling, out)
        for rule in self.rules:
            out.append(Pending(rule, value, path, field, sibling))  # noqa: PERF401  a generator costs more than it saves
        return value

    def children(self, step: str | int) -> Iterable[Node]:
        """The inner node's."""
        return self.inner.children(step)

    def limits(self, offence: str) -> bool:
        """As the inner node."""
        return self.inner.limits(offence)
