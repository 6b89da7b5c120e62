"""Rules that look at another field of the same object, or at the clock."""

# ruff: noqa: ARG002  every rule has the same method

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import msgspec

from ..context import ABSENT, Absent, RuleContext
from .rule import Failure, FieldsAround, Rule, Verdict

_RELATIVE = {"today": 0, "tomorrow": 1, "yesterday": -1}

Bound = date | datetime | timedelta | str
"""A moment; a span from now; ``"now"``, ``"today"``, ``"tomorrow"``, ``"yesterday"`` (UTC); or the name of a field."""


class Date(Rule):
    """A date or time between bounds, which are not included themselves.

    Args:
        after: the value must be later.
        before: the value must be earlier.
        or_equal: True to include the bounds.
        message: instead of the catalogue's.
    """

    code = "date"
    applies_to = (date, datetime)

    def __init__(
        self,
        *,
        after: Bound | None = None,
        before: Bound | None = None,
        or_equal: bool = False,
        message: str | None = None,
    ) -> None:
        self.after = after
        self.before = before
        self.or_equal = or_equal
        self.message = message
        said = [self._said(code, bound) for code, bound in self._bounds() if not _is_field(bound)]
        self.schema: dict[str, Any] = {"x-rules": said} if said else {}

    def _bounds(self) -> list[tuple[str, Bound]]:
        suffix = "_or_equal" if self.or_equal else ""
        both = ((f"after{suffix}", self.after), (f"before{suffix}", self.before))
        return [(code, bound) for code, bound in both if bound is not None]

    @staticmethod
    def _said(code: str, bound: Bound) -> dict[str, Any]:
        if isinstance(bound, timedelta):
            return {"rule": code, "from_now": msgspec.to_builtins(bound)}
        return {"rule": code, "date": bound if isinstance(bound, str) else bound.isoformat()}

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """The bounds that are fields; nothing if there are none."""
        said = [
            {"rule": code, "field": around.json_name(field), "other": around.json_name(bound)}
            for code, bound in self._bounds()
            if isinstance(bound, str) and _is_field(bound)
        ]
        return {"x-rules": said} if said else {}

    def siblings(self, field: str) -> list[str]:
        """The fields among the bounds."""
        return [bound for bound in (self.after, self.before) if isinstance(bound, str) and _is_field(bound)]

    def check(self, value: date, context: RuleContext) -> Verdict:
        """Whether both bounds hold; a bound that is a field without a valid value holds."""
        for code, bound, sign in (("after", self.after, 1), ("before", self.before, -1)):
            if bound is None:
                continue
            limit = _resolve(bound, value, context)
            if limit is None:
                continue
            difference = (value - limit) * sign
            if difference < timedelta(0) or (difference == timedelta(0) and not self.or_equal):
                failed = f"{code}_or_equal" if self.or_equal else code
                return Failure(failed, {"date": bound if isinstance(bound, str) else _text(bound)}, self.message)
        return True


def _is_field(bound: Bound | None) -> bool:
    return isinstance(bound, str) and bound != "now" and bound not in _RELATIVE


def _resolve(bound: Bound, value: date, context: RuleContext) -> Any:
    """The bound as a moment of the kind of ``value``: a date, a naive or an aware time."""
    now = context.now()
    if isinstance(bound, str):
        if bound == "now":
            moment: Any = now
        elif bound in _RELATIVE:
            moment = now.date() + timedelta(days=_RELATIVE[bound])
        else:
            moment = context.sibling(bound)
            if not isinstance(moment, date):
                return None
    elif isinstance(bound, timedelta):
        moment = now + bound
    else:
        moment = bound
    if not isinstance(value, datetime):
        return moment.date() if isinstance(moment, datetime) else moment
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=now.tzinfo)
    return moment.replace(tzinfo=value.tzinfo or None) if (moment.tzinfo is None) != (value.tzinfo is None) else moment


def _text(bound: date | timedelta) -> str:
    return str(bound) if isinstance(bound, timedelta) else bound.isoformat()


class Confirmed(Rule):
    """Equal to a second field, by default the field's name with ``_confirmation``, which must be declared too."""

    code = "confirmed"

    def __init__(self, field: str | None = None, *, message: str | None = None) -> None:
        self.field = field
        self.message = message

    def siblings(self, field: str) -> list[str]:
        """The second field."""
        return [self.field or f"{field}_confirmation"]

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """Which two are equal."""
        return _compared(self.code, field, self.siblings(field)[0], around)

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether both are equal; True while the other one has an error of its own."""
        other = context.sibling(self.siblings(context.field)[0])
        return isinstance(other, Absent) or other == value


class Same(Rule):
    """Equal to another field."""

    code = "same"

    def __init__(self, field: str, *, message: str | None = None) -> None:
        self.field = field
        self.params = {"field": field}
        self.message = message

    def siblings(self, field: str) -> list[str]:
        """The other field."""
        return [self.field]

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """Which two are compared."""
        return _compared(self.code, field, self.field, around)

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether both are equal; True while the other one has an error of its own."""
        other = context.sibling(self.field)
        return isinstance(other, Absent) or other == value


class Different(Same):
    """Not equal to another field."""

    code = "different"

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether they differ; True while the other one has an error of its own."""
        other = context.sibling(self.field)
        return isinstance(other, Absent) or other != value


class RequiredIf(Rule):
    """Must be sent when another field has one of the given values. The field itself is declared optional."""

    code = "required_if"
    sees_absent: ClassVar[bool] = True

    def __init__(self, field: str, *values: Any, message: str | None = None) -> None:
        self.field = field
        self.values = values
        self.params = {"field": field, "values": list(values)}
        self.message = message

    def siblings(self, field: str) -> list[str]:
        """The other field."""
        return [self.field]

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """If the other field has one of the values, then this one is sent."""
        name = around.json_name(self.field)
        condition: dict[str, Any] = {"properties": {name: {"enum": msgspec.to_builtins(list(self.values))}}}
        if around.default(self.field) not in self.values:
            condition["required"] = [name]
        return {"if": condition, "then": _sent(field, around)}

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether it was sent, or need not be."""
        return is_sent(value) or context.sibling(self.field) not in self.values


class RequiredWith(Rule):
    """Must be sent when any of the given fields is. The field itself is declared optional."""

    code = "required_with"
    sees_absent: ClassVar[bool] = True

    def __init__(self, *fields: str, message: str | None = None) -> None:
        self.fields = fields
        self.params = {"fields": list(fields)}
        self.message = message

    def siblings(self, field: str) -> list[str]:
        """The other fields."""
        return list(self.fields)

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """If any of the others is sent, then this one is."""
        return {"if": {"anyOf": [_sent(other, around) for other in self.fields]}, "then": _sent(field, around)}

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether it was sent, or none of the others was."""
        return is_sent(value) or not any(is_sent(context.sibling(field)) for field in self.fields)


class RequiredWithout(RequiredWith):
    """Must be sent when any of the given fields is not. The field itself is declared optional."""

    code = "required_without"

    def object_schema(self, field: str, around: FieldsAround) -> dict[str, Any]:
        """This one is sent, or all others are."""
        return {"anyOf": [_sent(field, around), {"allOf": [_sent(other, around) for other in self.fields]}]}

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether it was sent, or all others were."""
        return is_sent(value) or all(is_sent(context.sibling(field)) for field in self.fields)


def _compared(code: str, field: str, other: str, around: FieldsAround) -> dict[str, Any]:
    """A rule of our own about two members; what stands for one that is not sent decides with it."""
    said = {"rule": code, "field": around.json_name(field), "other": around.json_name(other)}
    default = around.default(other)
    return {"x-rules": [said if default is ABSENT or default is msgspec.UNSET else {**said, "default": default}]}


def _sent(field: str, around: FieldsAround) -> dict[str, Any]:
    """An object in which a field says something; one that is left out says what its default says."""
    name = around.json_name(field)
    schema: dict[str, Any] = {"properties": {name: {"not": {"type": "null"}}}}
    return schema if is_sent(around.default(field)) else {**schema, "required": [name]}


def is_sent(value: Any) -> bool:
    """Whether a value says anything: it is none of None, ``msgspec.UNSET`` and ``ABSENT``."""
    return value is not None and value is not msgspec.UNSET and value is not ABSENT
