"""From an annotation to its type tree."""

import collections.abc
import datetime as dt
import enum
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)
from uuid import UUID

import msgspec
from typing_extensions import TypeAliasType

from ..errors import RuleMisused
from ..rules.rule import Rule, Transform
from ..rules.values import UsableDecimal
from .classes import fields_of
from .containers import ArrayNode, MappingNode, TupleNode
from .leaf import SPELLINGS, Constraint, CustomNode, Leaf, constraints_of
from .node import AnyNode, Node, RuledNode
from .objects import Member, ObjectNode
from .unions import UnionNode

_SCALARS: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("boolean", (bool,)),
    int: ("integer", (int,)),
    float: ("number", (float, int, Decimal)),
    str: ("string", (str,)),
    bytes: ("base64", (str,)),
    bytearray: ("base64", (str,)),
    memoryview: ("base64", (str,)),
    dt.datetime: ("date_time", (str,)),
    dt.date: ("date", (str,)),
    dt.time: ("time", (str,)),
    dt.timedelta: ("duration", (str,)),
    UUID: ("uuid", (str,)),
    Decimal: ("decimal", (str, int, float, Decimal)),
    NoneType: ("null", (NoneType,)),
}
_ARRAYS: dict[Any, type] = {
    list: list,
    collections.abc.Collection: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    set: set,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    frozenset: frozenset,
}
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)

Resolve = Callable[[Any], Iterable[Any]]
"""Turns one item of ``Annotated`` metadata into what it stands for: rules, transforms and ``Meta`` objects."""


def compile_tree(
    annotation: Any, place: str, resolve: Resolve = lambda item: (item,), siblings: Sequence[str] = ()
) -> Node:
    """Build the tree of an annotation that msgspec can decode.

    Args:
        annotation: with ``Annotated`` metadata.
        place: what to call it in errors: ``"the body of POST /users"``.
        resolve: see ``Resolve``.
        siblings: names that rules of the root may look at.

    Raises:
        RuleMisused: a rule stands where it cannot work.
    """
    compiler = _Compiler(resolve)
    root = compiler.node(annotation, place, siblings)
    compiler.settle()
    return root


def split(annotation: Any) -> tuple[Any, list[Any]]:
    """Take ``Annotated``, ``NewType``, type aliases and qualifiers off an annotation.

    Returns:
        The type without them, and the metadata in the order written, innermost first.
    """
    metadata: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            metadata = [*annotation.__metadata__, *metadata]
            annotation = annotation.__origin__
        elif origin in (Required, NotRequired, Final, ClassVar):
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif isinstance(origin, TypeAliasType):
            annotation = origin.__value__[get_args(annotation)]
        else:
            return annotation, metadata


class _Compiler:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.nodes: list[Node] = []
        self.classes: dict[Any, Node] = {}

    def settle(self) -> None:
        """Tell every node what stands below it."""
        changed = True
        while changed:
            changed = False
            for node in self.nodes:
                if not node.has_rules and any(child.has_rules for child in node.below()):
                    node.has_rules = changed = True
                if not node.counts_distinct and any(child.counts_distinct for child in node.below()):
                    node.counts_distinct = changed = True
        for node in self.nodes:
            if isinstance(node, MappingNode) or (isinstance(node, ArrayNode) and node.is_set):
                for other in self._around(node):
                    other.is_unnamed = True
        for node in self.nodes:
            node.settle()

    def _around(self, start: Node) -> list[Node]:
        """The nodes on every way from a node back to itself."""
        above: dict[int, list[Node]] = {}
        for node in self.nodes:
            for child in node.below():
                above.setdefault(id(child), []).append(node)
        below = _reached(start, lambda node: node.below())
        back = _reached(start, lambda node: above.get(id(node), ()))
        return [node for key, node in below.items() if key in back]

    def node(self, annotation: Any, place: str, siblings: Sequence[str]) -> Node:
        """The node of one annotation, with its rules around it."""
        bare, metadata = split(annotation)
        resolved = [item for given in metadata for item in self.resolve(given)]
        metas = [item for item in resolved if isinstance(item, msgspec.Meta)]
        if any(isinstance(given, msgspec.Meta) is False for given in metadata) and metas:
            annotation = Annotated[bare, *metas]
        inner = self._keep(self._bare_node(annotation, bare, metas, place, siblings))
        rules = [item for item in resolved if isinstance(item, Rule)]
        transforms = tuple(item for item in resolved if isinstance(item, Transform))
        if bare is Decimal:
            rules.insert(0, UsableDecimal())
        if not rules and not transforms:
            return inner
        for rule in rules:
            _check_placement(rule, inner, place, siblings)
        return self._keep(RuledNode(inner, tuple(rules), transforms))

    def _keep(self, node: Node) -> Node:
        self.nodes.append(node)
        return node

    def _bare_node(
        self, annotation: Any, bare: Any, metas: list[msgspec.Meta], place: str, siblings: Sequence[str]
    ) -> Node:
        origin, args = get_origin(bare) or bare, get_args(bare)
        if bare in (Any, object, msgspec.Raw):
            return AnyNode()
        if isinstance(bare, TypeVar):
            return self.node(bare.__bound__, place, ()) if bare.__bound__ is not None else AnyNode()
        if origin in (Union, UnionType):
            return self._union(annotation, args, place, siblings)
        if bare is None:
            bare = NoneType
        if bare in _SCALARS:
            return _scalar(annotation, bare, metas)
        if origin is Literal or (isinstance(bare, type) and issubclass(bare, enum.Enum)):
            return _choice(annotation, bare)
        if origin in _ARRAYS:
            concrete = _ARRAYS[origin]
            item = self.node(args[0] if args else Any, f"{place}[]", ())
            return ArrayNode(annotation, concrete, item, constraints_of(list, metas))
        if origin is tuple:
            return self._tuple(annotation, bare, args, metas, place)
        if origin in _MAPPINGS:
            key, value = args or (Any, Any)
            member = self.node(value, f"{place}{{}}", ())
            return MappingNode(annotation, bare, key, member, constraints_of(dict, metas))
        return self._class(bare, origin)

    def _union(self, annotation: Any, args: tuple[Any, ...], place: str, siblings: Sequence[str]) -> Node:
        options = [self.node(arg, place, siblings) for arg in args if arg is not msgspec.UnsetType]
        return options[0] if len(options) == 1 else UnionNode(annotation, options)

    def _tuple(self, annotation: Any, bare: Any, args: tuple[Any, ...], metas: list[msgspec.Meta], place: str) -> Node:
        if not args and bare is tuple:
            args = (Any, ...)
        if len(args) == 2 and args[1] is ...:
            item = self.node(args[0], f"{place}[]", ())
            return ArrayNode(annotation, tuple, item, constraints_of(list, metas))
        return TupleNode(annotation, [self.node(arg, f"{place}[{index}]", ()) for index, arg in enumerate(args)])

    def _class(self, bare: Any, cls: Any) -> Node:
        if bare in self.classes:
            return self.classes[bare]
        fields = fields_of(bare, cls)
        if fields is None:
            return CustomNode(bare, cls if isinstance(cls, type) else object)
        config = getattr(cls, "__struct_config__", None)
        if fields.is_positional:
            places = TupleNode(
                bare, [], required=0, is_open=config is not None and not config.forbid_unknown_fields, cls=cls
            )
            self.classes[bare] = places
            return self._positional(places, cls, fields.fields, config)
        tag = (config.tag_field, config.tag) if config is not None and config.tag_field is not None else None
        forbids = config is not None and config.forbid_unknown_fields
        node = ObjectNode(bare, dict if is_typeddict(cls) else cls, tag, forbids_unknown=forbids)
        self.classes[bare] = node
        names = [*(field.name for field in fields.fields), *(field.encode_name for field in fields.fields)]
        node.define(
            Member(
                field.name,
                field.encode_name,
                self.node(field.annotation, f"{cls.__name__}.{field.name}", names),
                field.is_required,
                field.default,
            )
            for field in fields.fields
        )
        return node

    def _positional(self, node: TupleNode, cls: Any, fields: Sequence[Any], config: Any) -> Node:
        if config is not None and config.tag is not None:
            node.items.append(self._keep(_choice(Literal[config.tag], Literal[config.tag])))
        for field in fields:
            child = self.node(field.annotation, f"{cls.__name__}.{field.name}", ())
            if isinstance(child, RuledNode) and not isinstance(child.rules[0] if child.rules else None, UsableDecimal):
                raise RuleMisused(
                    repr(child.rules or child.transforms),
                    f"{cls.__name__}.{field.name}",
                    "stands in a type that is sent as an array",
                    "send an object: leave out array_like, or use a Struct instead of a named tuple",
                )
            node.items.append(child)
        if config is not None:
            node.names = tuple(field.name for field in fields)
        tagged = len(node.items) - len(fields)
        node.required = tagged + max((i + 1 for i, field in enumerate(fields) if field.is_required), default=0)
        return node


def _reached(start: Node, following: Callable[[Node], Iterable[Node]]) -> dict[int, Node]:
    found: dict[int, Node] = {}
    todo = list(following(start))
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo.extend(following(node))
    return found


def _scalar(annotation: Any, bare: Any, metas: list[msgspec.Meta]) -> Leaf:
    kind, json_types = _SCALARS[bare]
    constraints: tuple[Constraint, ...] = constraints_of(bare, metas)
    offences: frozenset[str] = frozenset()
    if bare is int and not constraints:
        offences = frozenset({"int64"})
    elif bare is float:
        offences = frozenset({"number"})
    elif bare is Decimal:
        offences = frozenset({"decimal"})
    elif bare is str:
        has_length = any(meta.max_length or "maxLength" in (meta.extra_json_schema or {}) for meta in metas)
        offences = frozenset({"nul"} if has_length else {"nul", "too_long"})
    python_types = (int, float) if bare is float else (bare,)
    return Leaf(
        annotation, bare, kind, python_types, json_types, constraints, spelling=SPELLINGS.get(bare), offences=offences
    )


def _choice(annotation: Any, bare: Any) -> Leaf:
    if get_origin(bare) is Literal:
        values: list[Any] = list(_literal_values(bare))
        python_types = tuple({type(value) for value in values})
    else:
        values = [member.value for member in bare]
        python_types = (bare,)
    json_types = tuple({type(value) for value in values})
    return Leaf(annotation, bare, "in", python_types, json_types, params={"values": values})


def _literal_values(literal: Any) -> Iterable[Any]:
    for argument in get_args(literal):
        if get_origin(argument) is Literal:
            yield from _literal_values(argument)
        else:
            yield argument


def _check_placement(rule: Rule, inner: Node, place: str, siblings: Sequence[str]) -> None:
    name = type(rule).__name__
    wanted: tuple[type, ...] = getattr(rule, "applies_to", ())
    candidates = [kind for kind in inner.python_types if kind is not NoneType]
    if wanted and object not in candidates and not any(issubclass(kind, wanted) for kind in candidates):
        expected = " or ".join(kind.__name__ for kind in wanted)
        found = " or ".join(kind.__name__ for kind in candidates)
        raise RuleMisused(name, place, f"judges {expected}, but the field is {found}", "change the type or the rule")
    needed = getattr(rule, "siblings", None)
    if needed is None:
        return
    missing = [field for field in needed(place.rpartition(".")[2]) if field not in siblings]
    if missing:
        raise RuleMisused(name, place, f"looks at {', '.join(missing)}, which is not declared beside it", "declare it")
