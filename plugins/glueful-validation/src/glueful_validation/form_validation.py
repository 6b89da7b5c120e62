"""Running the methods of a ``FormRequest`` around the validation of its fields."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from inspect import isawaitable
from typing import Any

import msgspec

from .application import ApplicationValidation
from .context import ABSENT, RequestContext
from .errors import RequestForbidden, RuleMisused
from .fieldtypes import items_of, made
from .form_request import Errors, FieldUnavailable, FormRequest, PartialRequest, overrides
from .pipe import NamedRule
from .rules.rows import RowRule
from .rules.rule import ConstraintRule, Rule
from .shape.node import Node, RuledNode
from .shape.objects import Member, ObjectNode
from .shape.unions import UnionNode
from .shape.walk import Found, Pending, Walk, no_sibling


class FormValidation:
    """What one FormRequest type adds to the validation of its fields.

    Args:
        cls: the type.
        node: its node in the type tree.
        application: rules by name.
    """

    def __init__(self, cls: type[FormRequest], node: ObjectNode, application: ApplicationValidation) -> None:
        self.cls = cls
        self.node = node
        self.application = application
        self.prepare = cls.prepare if overrides(cls, "prepare") else None
        self.has_rules = overrides(cls, "rules")
        self.has_after = overrides(cls, "after")
        self.messages: Mapping[str, str] = cls.messages()
        self._binds = overrides(cls, "bindings")
        self._authorizes = overrides(cls, "authorize")
        self._members = {member.name: member for member in node.members.values()}

    async def authorize(self, context: RequestContext) -> None:
        """Make the ``bindings``, then ask ``authorize``.

        Raises:
            RequestForbidden: it said no.
        """
        if self._binds:
            bindings = self.cls.bindings()
            context.bindings = await bindings if isawaitable(bindings) else bindings
        if not self._authorizes:
            return
        allowed = self.cls.authorize(context.principal)
        if isawaitable(allowed):
            allowed = await allowed
        if allowed is not True:
            raise RequestForbidden(detail=RequestForbidden.detail)

    def stand_in(self, plain: Any, errors: Iterable[Found], walk: Walk) -> Any:
        """What has the good fields of a body with errors, None if it is no object at all."""
        if not isinstance(plain, dict):
            return None
        bad = {error.path[0] for error in errors if error.location == "body" and error.path}
        values: dict[str, Any] = {}
        for member in self._members.values():
            if member.encode_name in bad:
                continue
            if member.encode_name in plain:
                decoded = member.node.decoded(plain[member.encode_name], walk)
                values[member.name] = member.node.gather(decoded, (), member.name, no_sibling, [])
            elif not member.is_required:
                values[member.name] = member.default()
        return PartialRequest(self.cls, values)

    def without_bad(self, request: Any, errors: Iterable[Found]) -> Any:
        """The same request without the fields that have errors by now."""
        bad = {error.path[0] for error in errors if error.location == "body" and error.path}
        values: dict[str, Any] = {}
        for member in self._members.values():
            if member.encode_name not in bad:
                with suppress(FieldUnavailable):
                    values[member.name] = getattr(request, member.name)
        return PartialRequest(self.cls, values)

    async def pending(self, request: Any) -> list[Pending]:
        """The rules that ``rules`` returns, each with its value.

        Raises:
            RuleMisused: it names a field that is not declared, or a rule that does not exist.
        """
        try:
            declared = self.cls.rules(request)
            if isawaitable(declared):
                declared = await declared
        except FieldUnavailable:
            return []
        return [item for name, spec in declared.items() for item in self._field(request, name, spec)]

    def _field(self, request: Any, name: str, spec: Any) -> Iterable[Pending]:
        place = f"{self.cls.__name__}.rules"
        member = self._members.get(name)
        if member is None:
            raise RuleMisused(repr(name), place, "is no field", "use a declared name")
        value = _value(request, name)
        if value is ABSENT:
            return
        for item in items_of(spec):
            rule = self._rule(item, member, place)
            if rule is None:
                continue
            if value is not None or getattr(rule, "sees_absent", False):
                yield Pending(rule, value, (member.encode_name,), name, lambda other: _value(request, other))

    def _rule(self, item: Any, member: Member, place: str) -> Rule | None:
        if isinstance(item, NamedRule) and item.name == "required":
            return _Sent()
        base = next((kind for kind in member.node.python_types if kind in (str, int, float)), Any)
        built = made(item, list[Any] if list in member.node.python_types else base, member.name)
        if built is None:
            return None
        [resolved] = self.application.resolve(built)
        if isinstance(resolved, msgspec.Meta):
            return ConstraintRule(resolved)
        if not isinstance(resolved, Rule):
            raise RuleMisused(repr(item), place, "changes values", "declare it in the type of the field")
        return resolved

    async def after(self, request: Any) -> list[Found]:
        """What ``after`` finds; what it noted before it looked at a field with an error is kept."""
        errors = Errors()
        try:
            waiting = self.cls.after(request, errors)
            if isawaitable(waiting):
                await waiting
        except FieldUnavailable:
            pass
        return errors.found


class _Sent(Rule):
    """``required`` in ``rules``: neither null nor left out nor empty."""

    code = "required"
    sees_absent = True

    def check(self, value: Any, context: Any) -> bool:  # noqa: ARG002  every rule has the same method
        return value is not None and value is not msgspec.UNSET and value not in ("", [])


def _value(request: Any, name: str) -> Any:
    try:
        value = getattr(request, name)
    except FieldUnavailable:
        return ABSENT
    return None if value is msgspec.UNSET else value


def find_form(tree: Node, place: str) -> ObjectNode | None:
    """The FormRequest that a body is, None if it is none.

    Args:
        tree: of the body.
        place: the operation, for the error.

    Raises:
        RuleMisused: a FormRequest stands inside the body, where its ``authorize`` would not run.
    """
    root = tree
    while isinstance(root, RuledNode):
        root = root.inner
    if isinstance(root, UnionNode):
        options = [option for option in root.options if option.kind != "null"]
        root = options[0] if len(options) == 1 else root
    todo, seen = [tree], {id(root)}
    while todo:
        node = todo.pop()
        if isinstance(node, ObjectNode) and issubclass(node.cls, FormRequest) and node is not root:
            raise RuleMisused(
                node.cls.__name__, place, "is a FormRequest inside a body", "make it a plain Struct, or the body itself"
            )
        for child in node.below():
            if id(child) not in seen:
                seen.add(id(child))
                todo.append(child)
        seen.add(id(node))
    return root if isinstance(root, ObjectNode) and issubclass(root.cls, FormRequest) else None


def row_rules(tree: Node) -> Iterable[RowRule]:
    """The database rules of a type tree."""
    todo, seen = [tree], {id(tree)}
    while todo:
        node = todo.pop()
        if isinstance(node, RuledNode):
            yield from (rule for rule in node.rules if isinstance(rule, RowRule))
        for child in node.below():
            if id(child) not in seen:
                seen.add(id(child))
                todo.append(child)
