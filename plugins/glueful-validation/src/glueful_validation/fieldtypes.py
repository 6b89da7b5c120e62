"""From the rules of the pipe form to annotations: ``"required|email"`` is ``Annotated[str, Email()]``."""

# ruff: noqa: ARG001, ARG005  every maker takes the type and name of its field

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, TypeAlias, get_origin

import msgspec
from litestar.datastructures import UploadFile

from .errors import RuleMisused
from .pipe import NamedRule, parse
from .rules import decimals, fields, files, numbers, passwords, rows, text, transforms, values
from .rules.rule import Rule, Transform, native

Item: TypeAlias = Rule | Transform | msgspec.Meta | NamedRule
RuleSpec: TypeAlias = "str | Item | Sequence[str | Item]"
"""The rules of one field: the pipe form, a rule, or a list of both."""

TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "int": int,
    "numeric": float,
    "number": float,
    "boolean": bool,
    "bool": bool,
    "array": list[Any],
    "object": dict[str, Any],
    "date": dt.date,
    "datetime": dt.datetime,
    "time": dt.time,
    "duration": dt.timedelta,
    "decimal": Decimal,
    "file": UploadFile,
    "image": UploadFile,
}
"""Names that say what type a field has."""

FLAGS = frozenset({"required", "nullable", "sometimes"})
"""Names that say whether a field must be sent, and whether it may be null."""

Make: TypeAlias = Callable[..., Item]


def _number(argument: str) -> float:
    return int(argument) if argument.lstrip("-").isdigit() else float(argument)


def _sized(
    for_number: Make, for_length: Make, for_decimal: Make | None = None, *, file_size: bool = False
) -> Callable[..., Item]:
    def make(base: Any, field: str, *args: str) -> Item:
        if base is Decimal and for_decimal is not None:
            return for_decimal(*map(Decimal, args))
        if base is UploadFile and file_size:
            return files.File(max_size=int(float(args[0]) * 1024))
        if base in (int, float):
            return for_number(*map(_number, args))
        if base in (str, list[Any], dict[str, Any]):
            return for_length(*map(int, args))
        raise ValueError("say string, integer, numeric, array or file, so that it is clear what is measured")

    return make


def _plain(make: Make) -> Callable[..., Item]:
    return lambda base, field, *args: make(*args)


def _choice(make: Make) -> Callable[..., Item]:
    return lambda base, field, *args: make(*(map(_number, args) if base in (int, float) else args))


def _moment(argument: str) -> Any:
    for kind in (dt.date, dt.datetime):
        try:
            return msgspec.convert(argument, kind)
        except msgspec.ValidationError:
            continue
    return argument


def _dates(name: str, or_equal: bool = False) -> Callable[..., Item]:
    return lambda base, field, bound: fields.Date(**{name: _moment(bound)}, or_equal=or_equal)


def _rows(make: Make) -> Callable[..., Item]:
    def build(base: Any, field: str, table: str, column: str | None = None, *ignore: str) -> Item:
        return make(rows.NamedColumn(table, column or field), **({"ignore": ignore[0]} if ignore else {}))

    return build


_TEXT: dict[str, Callable[..., Item]] = {
    "email": _plain(text.Email),
    "url": _plain(lambda *schemes: text.Url(schemes) if schemes else text.Url()),
    "uuid": _plain(lambda *version: text.Uuid(*map(int, version))),
    "alpha": _plain(text.Alpha),
    "alpha_num": _plain(text.AlphaNumeric),
    "alpha_dash": _plain(text.AlphaDash),
    "digits": _plain(lambda *count: text.Digits(*map(int, count))),
    "slug": _plain(text.Slug),
    "username": _plain(text.Username),
    "regex": _plain(values.Regex),
    "ip": _plain(values.Ip),
    "ipv4": _plain(lambda: values.Ip(4)),
    "ipv6": _plain(lambda: values.Ip(6)),
    "json": _plain(values.Json),
    "starts_with": _plain(values.StartsWith),
    "ends_with": _plain(values.EndsWith),
    "password_strength": _plain(lambda least="8", score="3": passwords.PasswordStrength(int(least), score=int(score))),
    "trim": _plain(transforms.Trim),
    "lowercase": _plain(transforms.Lowercase),
}
_DATES: dict[str, Callable[..., Item]] = {
    "after": _dates("after"),
    "before": _dates("before"),
    "after_or_equal": _dates("after", or_equal=True),
    "before_or_equal": _dates("before", or_equal=True),
}
_OTHER: dict[str, Callable[..., Item]] = {
    "min": _sized(numbers.Min, numbers.MinLength, decimals.DecimalBounds),
    "max": _sized(numbers.Max, numbers.MaxLength, lambda limit: decimals.DecimalBounds(maximum=limit), file_size=True),
    "between": _sized(numbers.Between, numbers.Length, decimals.DecimalBounds),
    "size": _sized(lambda n: numbers.Between(n, n), lambda n: numbers.Length(n, n)),
    "gt": _sized(numbers.GreaterThan, lambda n: numbers.MinLength(n + 1)),
    "lt": _sized(numbers.LessThan, lambda n: numbers.MaxLength(n - 1)),
    "multiple_of": _plain(lambda step: numbers.MultipleOf(_number(step))),
    "in": _choice(values.In),
    "not_in": _choice(values.NotIn),
    "distinct": _plain(values.Distinct),
    "confirmed": lambda base, field, other=None: fields.Confirmed(other or f"{field}_confirmation"),
    "same": _plain(fields.Same),
    "different": _plain(fields.Different),
    "required_if": _plain(fields.RequiredIf),
    "required_with": _plain(fields.RequiredWith),
    "required_without": _plain(fields.RequiredWithout),
    "mimetypes": _plain(lambda *types: files.File(types=types)),
    "unique": _rows(rows.Unique),
    "exists": _rows(rows.Exists),
}
_MAKERS = {**_TEXT, **_DATES, **_OTHER}

BUILT_IN = frozenset({*TYPES, *FLAGS, *_MAKERS})
"""Every name that the pipe form knows without plugins."""


class FieldType(NamedTuple):
    """What the rules of one field come to."""

    annotation: Any
    is_required: bool
    confirmation: str | None
    """Name of the field that repeats this one, None for none."""


def items_of(spec: RuleSpec) -> list[Item]:
    """The rules of one field, those of the pipe form by name."""
    parts: Iterable[str | Item] = [spec] if isinstance(spec, str) or not isinstance(spec, Sequence) else spec
    return [item for part in parts for item in (parse(part) if isinstance(part, str) else [part])]


def base_type(items: Iterable[Item]) -> Any:
    """The type that rules name or imply, ``Any`` for none."""
    names = [item.name for item in items if isinstance(item, NamedRule)]
    for name in names:
        if name in TYPES:
            return TYPES[name]
    if any(name in _TEXT for name in names):
        return str
    return dt.date if any(name in _DATES for name in names) else Any


def made(item: Item, base: Any, field: str) -> Item | None:
    """The rule that one item stands for; None where it only names a type or says whether the field is required.

    Args:
        item: a rule, or one by name; a name that is not built in is kept for the application to look up.
        base: the field's type.
        field: its name.

    Raises:
        RuleMisused: the arguments do not suit the rule.
    """
    if not isinstance(item, NamedRule):
        return item
    if item.name == "image":
        return files.Image()
    if item.name in TYPES or item.name in FLAGS:
        return None
    maker = _MAKERS.get(item.name)
    if maker is None:
        return item
    try:
        return maker(base, field, *item.args)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RuleMisused(str(item), field, f"cannot be used: {error}") from error


def field_type(spec: RuleSpec, field: str, base: Any = None) -> FieldType:
    """The annotation that the rules of one field come to.

    ``required`` also refuses an empty string or array, as a form sends for a field that was left out.

    Args:
        spec: the rules.
        field: its name.
        base: its type where that is known otherwise; None to take it from the rules.
    """
    items = items_of(spec)
    names = {item.name for item in items if isinstance(item, NamedRule)}
    base = base_type(items) if base is None else base
    kind = list[Any] if get_origin(base) is list else base
    rules = [rule for item in items if (rule := made(item, kind, field)) is not None]
    is_required = "required" in names
    has_least = any(isinstance(rule, msgspec.Meta) and (rule.min_length or rule.pattern) for rule in rules)
    if is_required and "nullable" not in names and kind in (str, list[Any]) and not has_least:
        rules.insert(0, native("required", min_length=1))
    annotation: Any = Annotated[base, *rules] if rules else base
    if "nullable" in names:
        annotation = annotation | None if base is not Any else annotation
    confirmation = next((rule.siblings(field)[0] for rule in rules if isinstance(rule, fields.Confirmed)), None)
    return FieldType(annotation, is_required, confirmation)
