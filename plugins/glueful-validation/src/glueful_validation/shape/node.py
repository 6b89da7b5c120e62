"""What every node of a type tree can do, and what a walk over it collects.

A tree mirrors one annotation. It is walked for two purposes: ``collect`` over plain data that msgspec refused, to find
every error; ``gather`` over a decoded value that msgspec accepted, to find the values that have rules beyond their
type. Where only a part of the data is good, ``collect`` itself gathers that part: so one answer has the errors of
rules, too.
"""

# ruff: noqa: ARG002  every node has the same methods

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from ..context import ABSENT
from ..errors import Location
from ..rules.rule import Rule, Transform

Path = tuple[str | int, ...]
"""Member names and indices from the root to a value."""

Sibling = Callable[[str], Any]
"""Another field of the object around a value, by its declared name."""


class Siblings:
    """The fields of the object around a value.

    Args:
        get: a field by its declared name.
        names: declared names to names in JSON.
    """

    __slots__ = ("get", "names")

    def __init__(self, get: Sibling, names: Mapping[str, str]) -> None:
        self.get = get
        self.names = names

    def __call__(self, name: str) -> Any:
        """One of them."""
        return self.get(name)


def no_sibling(name: str) -> Any:  # noqa: ARG001  a `Sibling`
    """The siblings of a value that stands in no object."""
    return ABSENT


class Found(NamedTuple):
    """An error before it is put into words."""

    path: Path
    """In the body; for other locations the first step is the parameter's name."""
    code: str
    params: Mapping[str, Any] = {}
    message: str | None = None
    """A message declared with the rule, which wins over the catalogue."""
    default: str | None = None
    """A message of the rule's class, for a code that no catalogue has."""
    location: Location = "body"


class Pending(NamedTuple):
    """A rule that is still to run, with the value it judges."""

    rule: Rule
    value: Any
    path: Path
    field: str
    sibling: Sibling
    location: Location = "body"


class EnoughErrors(Exception):
    """More errors than an answer lists; ends a walk."""


class Walk:
    """One walk over plain data that msgspec refused.

    Args:
        limit: how many errors to collect.
        lax: True for strings from a URL or form, which stand for other types; False for JSON.
        dec_hook: makes types that msgspec does not know, as for the decoder.
    """

    __slots__ = ("dec_hook", "errors", "lax", "limit", "pending")

    def __init__(self, limit: int, *, lax: bool = False, dec_hook: Callable[[type, Any], Any] | None = None) -> None:
        self.limit = limit
        self.lax = lax
        self.dec_hook = dec_hook
        self.errors: list[Found] = []
        self.pending: list[Pending] = []

    def add(self, path: Path, code: str, params: Mapping[str, Any] | None = None, message: str | None = None) -> None:
        """Note an error.

        Raises:
            EnoughErrors: there are ``limit`` already.
        """
        if len(self.errors) >= self.limit:
            raise EnoughErrors
        self.errors.append(Found(path, code, params or {}, message))

    def accepts(self, value: Any, annotation: Any) -> bool:
        """Whether msgspec takes ``value`` for ``annotation``: the verdict that every node asks for."""
        try:
            self.convert(value, annotation)
        except msgspec.ValidationError:
            return False
        return True

    def judges_whole(self, node: "Node") -> bool:
        """Whether msgspec's verdict on a value and everything in it is ours, so that nobody need look inside."""
        return not self.lax and not node.counts_distinct

    def convert(self, value: Any, annotation: Any) -> Any:
        """The decoded value.

        Raises:
            msgspec.ValidationError: it does not conform.
        """
        return msgspec.convert(value, annotation, strict=not self.lax, dec_hook=self.dec_hook, str_keys=True)


class Node:
    """A place in a type tree.

    Attributes:
        annotation: the type as declared, for msgspec.
        kind: what JSON should hold here, as a code: ``"integer"``, ``"object"`` …
        python_types: types of decoded values, by which a member of a union is found again.
        json_types: Python types of plain data that this node takes.
        has_rules: whether a rule or transform stands here or below.
        counts_distinct: whether a set of limited size stands here or below. Its size in JSON is that of the set, but
            ``msgspec.convert`` counts equal items each, so its verdict on a whole cannot be trusted.
    """

    annotation: Any = Any
    kind: str = "any"
    python_types: tuple[type, ...] = (object,)
    json_types: tuple[type, ...] = (object,)
    has_rules: bool = False
    counts_distinct: bool = False

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
        """All of them."""
        return True


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
        out.extend(Pending(rule, value, path, field, sibling) for rule in self.rules)
        return value

    def children(self, step: str | int) -> Iterable[Node]:
        """The inner node's."""
        return self.inner.children(step)

    def limits(self, offence: str) -> bool:
        """As the inner node."""
        return self.inner.limits(offence)
