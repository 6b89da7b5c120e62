"""Nodes with declared members: Structs, dataclasses, attrs classes and typed dicts."""

# ruff: noqa: ARG002  every node has the same methods

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

import msgspec

from ..context import ABSENT, INVALID
from ..pointer import Path
from .node import Node, RuledNode
from .walk import Pending, Sibling, Siblings, SiblingsBy, Walk, no_sibling

MAX_NAME = 256
"""Characters of an unknown member's name that an answer repeats in a pointer."""


class Member(NamedTuple):
    """A declared member of an object."""

    name: str
    """The attribute."""
    encode_name: str
    """The name in JSON."""
    node: Node
    is_required: bool
    default: Callable[[], Any]


class ObjectNode(Node):
    """An object with declared members.

    Args:
        annotation: the type, a class or a generic alias.
        cls: the class of decoded values; ``dict`` for a typed dict.
        tag: name and value of the member that tells a tagged union's Structs apart, None for none.
        forbids_unknown: whether a member that is not declared is an error.
    """

    kind = "object"
    json_types = (dict,)

    def __init__(
        self, annotation: Any, cls: type, tag: tuple[str, str | int] | None = None, *, forbids_unknown: bool = False
    ) -> None:
        self.annotation = annotation
        self.cls = cls
        self.python_types = (cls,)
        self.tag = tag
        self.forbids_unknown = forbids_unknown
        self.has_own_checks = hasattr(cls, "__post_init__") or hasattr(cls, "__attrs_attrs__")
        self.members: dict[str, Member] = {}
        self._names: dict[str, Member] = {}
        self._encoded: dict[str, str] = {}
        self._ruled: tuple[Member, ...] = ()

    def define(self, members: Iterable[Member]) -> None:
        """Set the members; apart from the constructor, because a type may contain itself."""
        self.members = {member.encode_name: member for member in members}
        self._names = {**self.members, **{member.name: member for member in self.members.values()}}
        self._encoded = {member.name: member.encode_name for member in self.members.values()}

    def below(self) -> Iterable[Node]:
        """The members."""
        return [member.node for member in self.members.values()]

    def settle(self) -> None:
        """Find the members that have rules, now that every node knows whether it has."""
        self._ruled = tuple(member for member in self.members.values() if member.node.has_rules)

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """Every member, what is missing, what is unknown, and last what the class itself checks."""
        if not isinstance(value, dict):
            walk.add(path, self.kind)
            return False
        errors_before = len(walk.errors)
        bad: set[str] = set()
        for member in self.members.values():
            if member.encode_name in value:
                if not member.node.collect(value[member.encode_name], (*path, member.encode_name), walk):
                    bad.add(member.name)
            elif member.is_required:
                walk.add((*path, member.encode_name), "required")
                bad.add(member.name)
        self._collect_tag(value, path, walk)
        if self.forbids_unknown:
            self._collect_unknown(value, path, walk)
        if len(walk.errors) == errors_before and self.has_own_checks:
            self._collect_own(value, path, walk)
        if len(walk.errors) == errors_before:
            return True
        self._gather_good(value, bad, path, walk)
        return False

    def _collect_tag(self, value: Mapping[str, Any], path: Path, walk: Walk) -> None:
        if self.tag is not None and self.tag[0] in value:
            sent = value[self.tag[0]]
            if sent != self.tag[1] or type(sent) is not type(self.tag[1]):
                walk.add((*path, self.tag[0]), "in", {"values": [self.tag[1]]})

    def _collect_unknown(self, value: Mapping[str, Any], path: Path, walk: Walk) -> None:
        for name in value:
            if name in self.members or (self.tag is not None and name == self.tag[0]):
                continue
            if len(name) > MAX_NAME:
                walk.add(path, "unknown")
                continue
            nearest = get_close_matches(name, self.members, n=1) if walk.may_hint() else []
            walk.add((*path, name), "unknown", {"nearest": nearest[0]} if nearest else None)

    def _collect_own(self, value: Any, path: Path, walk: Walk) -> None:
        try:
            self.decoded(value, walk)
        except msgspec.ValidationError as error:
            own = isinstance(error.__cause__, ValueError | TypeError)
            walk.add(path, "invalid", None, str(error.__cause__) if own else None)

    def _gather_good(self, value: Mapping[str, Any], bad: set[str], path: Path, walk: Walk) -> None:
        """Note the rules of the members that are good, so that one answer has their errors as well."""

        @cache
        def other(name: str) -> Any:
            member = self._names.get(name)
            if member is None:
                return ABSENT
            if member.name in bad:
                return INVALID if member.encode_name in value else ABSENT
            if member.encode_name not in value:
                return member.default()
            decoded = member.node.decoded(value[member.encode_name], walk)
            return member.node.gather(decoded, (), name, no_sibling, [])

        sibling = SiblingsBy(other, self._encoded)
        for member in self._ruled:
            here = (*path, member.encode_name)
            if member.name in bad:
                continue
            if member.encode_name in value:
                decoded = member.node.decoded(value[member.encode_name], walk)
                member.node.gather(decoded, here, member.name, sibling, walk.pending)
            elif isinstance(member.node, RuledNode):
                member.node.gather(ABSENT, here, member.name, sibling, walk.pending)

    def gather(self, value: Any, path: Path, field: str, sibling: Sibling, out: list[Pending]) -> Any:
        """The members that have rules; transformed values are put back."""
        if not isinstance(value, self.python_types):
            return value
        own = _Decoded(self, value)
        for member in self._ruled:
            before = own.raw(member.name)
            if before is ABSENT and not isinstance(member.node, RuledNode):
                continue
            after = member.node.gather(before, (*path, member.encode_name), member.name, own, out)
            if after is not before:
                _put(value, member.name, after)
        return value

    def find(self, name: str) -> Member | None:
        """The member of a declared name or a name in JSON."""
        return self._names.get(name)

    def children(self, step: str | int) -> Iterable[Node]:
        """The member of that name."""
        member = self.members.get(step) if isinstance(step, str) else None
        return () if member is None else (member.node,)


class _Decoded(Siblings):
    """The members of a decoded object."""

    __slots__ = ("_node", "_value")

    def __init__(self, node: ObjectNode, value: Any) -> None:
        self._node = node
        self._value = value

    def raw(self, name: str) -> Any:
        """A member by its declared name, also ``UNSET``."""
        value = self._value
        return value.get(name, ABSENT) if isinstance(value, dict) else getattr(value, name, ABSENT)

    def __call__(self, name: str) -> Any:
        """A member."""
        member = self._node.find(name)
        found = ABSENT if member is None else self.raw(member.name)
        return ABSENT if found is msgspec.UNSET else found

    def json_name(self, name: str) -> str:
        """Its name in JSON."""
        member = self._node.find(name)
        return name if member is None else member.encode_name


def _put(value: Any, name: str, new: Any) -> None:
    if isinstance(value, dict):
        value[name] = new
    elif isinstance(value, msgspec.Struct):
        msgspec.structs.force_setattr(value, name, new)
    else:
        object.__setattr__(value, name, new)
