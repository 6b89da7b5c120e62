"""Running the methods of a ``FormRequest`` around the validation of its fields."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from inspect import isawaitable
from typing import Any

from .application import ApplicationValidation
from .context import RequestContext
from .errors import RequestForbidden, RuleMisused
from .form_request import Errors, FieldUnavailable, FormRequest, PartialRequest, overrides
from .form_rules import FormRules
from .rules.rows import RowRule
from .shape.node import Node, RuledNode
from .shape.objects import ObjectNode
from .shape.unions import bare
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

    async def pending(self, request: Any, plain: Any, errors: Iterable[Found], walk: Walk) -> list[Pending]:
        """The rules that ``rules`` returns, each with its value.

        Args:
            request: the FormRequest, or what stands in for it.
            plain: the plain data where there are errors.
            errors: of the body so far.
            walk: converts parts of the body.

        Raises:
            RuleMisused: it names a field that is not declared, or a rule that does not exist.
        """
        try:
            declared = self.cls.rules(request)
            if isawaitable(declared):
                declared = await declared
        except FieldUnavailable:
            return []
        bad = [error.path for error in errors if error.location == "body"]
        rules = FormRules(self.node, self.application, f"{self.cls.__name__}.rules")
        return [
            item
            for field, spec in declared.items()
            for item in (rules.of_plain(field, spec, plain, bad, walk) if bad else rules.of_value(field, spec, request))
        ]

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


def find_form(tree: Node, place: str) -> ObjectNode | None:
    """The FormRequest that a body is, None if it is none.

    Args:
        tree: of the body.
        place: the operation, for the error.

    Raises:
        RuleMisused: a FormRequest stands inside the body, where its ``authorize`` would not run.
    """
    root = bare(tree)
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
