"""What msgspec accepts for a type, where Litestar publishes less than that, or something else."""

import collections.abc
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType

from .rules.values import DECIMAL
from .schema_keywords import RULES, RuledSchema, add_keywords

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
_ZONE = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
_WHOLE, _AMOUNT = "[0-9]+", r"[0-9]+(?:\.[0-9]+)?"
_HOURS, _MINUTES = f"(?:{_WHOLE}[Hh])?", f"(?:{_WHOLE}[Mm])?"
_HOURS_TO_SECONDS = f"{_HOURS}{_MINUTES}{_AMOUNT}[Ss]|{_HOURS}{_AMOUNT}[Mm]|{_AMOUNT}[Hh]"
_NO_LEAP_SECOND = "^[0-9-]{10}[Tt][0-9]{2}:[0-9]{2}:[0-5]"
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_FOURTH = "(?:0[48]|[2468][048]|[13579][26])"
_DATE = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{{2}}{_FOURTH}|{_FOURTH}00)-02-29)"
)
_BASE64 = {
    "type": OpenAPIType.STRING,
    "contentEncoding": "base64",
    "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}

LOCAL = {"format": "date-time-local", "pattern": f"^{_DATE}[Tt]{_CLOCK}$"}
"""A time without a zone. The format is of the OpenAPI registry; where it is not known, the pattern says the same."""
PLAIN: dict[Any, Mapping[str, Any]] = {
    int: {"type": OpenAPIType.INTEGER, "format": "int64"},
    Decimal: {"type": [OpenAPIType.STRING, OpenAPIType.NUMBER], "format": "decimal", "pattern": f"^{DECIMAL}$"},
    bytes: _BASE64,
    bytearray: _BASE64,
    memoryview: _BASE64,
    dt.datetime: {
        "type": OpenAPIType.STRING,
        "pattern": _NO_LEAP_SECOND,
        "anyOf": [{"format": "date-time"}, LOCAL],
    },
    dt.time: {"type": OpenAPIType.STRING, "pattern": f"^{_CLOCK}{_ZONE}?$"},
    dt.timedelta: {
        "type": OpenAPIType.STRING,
        "pattern": f"^[+-]?[Pp](?:{_AMOUNT}[Dd]|(?:{_WHOLE}[Dd])?[Tt](?:{_HOURS_TO_SECONDS}))$",
    },
}
"""Keywords by type. A time may have no zone: then it is no ``date-time`` (RFC 3339) but a ``date-time-local``, a format
of the OpenAPI registry. A duration is not that of RFC 3339: it may be negative, and has no months."""


_NUMBERS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = {
    OpenAPIType.STRING: ("minLength", "maxLength"),
    OpenAPIType.ARRAY: ("minItems", "maxItems"),
    OpenAPIType.OBJECT: ("minProperties", "maxProperties"),
}
_TEXTS = ("pattern", "title", "description", "examples")
_COPIED = (
    *("pattern", "min_length", "max_length", "min_items", "max_items", "multiple_of"),
    *("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"),
)
_SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
_BYTES = (bytes, bytearray, memoryview)


def add_meta(schema: Schema, meta: msgspec.Meta, annotation: Any) -> None:
    """Publish what a ``Meta`` says.

    Args:
        schema: of the type, changed in place.
        meta: of msgspec, or what ``native`` made.
        annotation: the type that it constrains, which may be a union.
    """
    keywords = {keyword: value for name, keyword in _NUMBERS.items() if (value := getattr(meta, name)) is not None}
    keywords.update({name: value for name in _TEXTS if (value := getattr(meta, name)) is not None})
    if meta.ge is not None or meta.gt is not None or meta.le is not None or meta.lt is not None:
        schema.format = None if schema.format == "int64" else schema.format
    if meta.min_length is not None or meta.max_length is not None:
        keywords.update(_sizes(schema, meta.min_length, meta.max_length, annotation))
    add_keywords(schema, {**keywords, **(meta.extra_json_schema or {})})
    if meta.tz is not None:
        _set_zone(schema, has_zone=meta.tz)


def _sizes(schema: Schema, least: int | None, most: int | None, annotation: Any) -> Mapping[str, Any]:
    """Keywords for a size; of sets and bytes it is not the size of what is sent."""
    bounds = {name: bound for name, bound in (("min", least), ("max", most)) if bound is not None}
    if _is_one_of(annotation, _SETS):
        distinct = {RULES: [{"rule": "distinct_items", **bounds}]}
        return distinct if least is None else {"minItems": least, **distinct}
    if _is_one_of(annotation, _BYTES):
        bounds_of_text = {f"{name}Length": -(-bound // 3) * 4 for name, bound in bounds.items()}
        is_exact = bounds.get("min", 1) % 3 == 1 and bounds.get("max", 0) % 3 == 0  # four characters, up to three bytes
        return bounds_of_text if is_exact else {**bounds_of_text, RULES: [{"rule": "bytes", **bounds}]}
    names = next((_LENGTHS[kind] for kind in _LENGTHS if kind in types_of(schema)), _LENGTHS[OpenAPIType.STRING])
    return {name: bound for name, bound in zip(names, (least, most), strict=True) if bound is not None}


def _is_one_of(annotation: Any, kinds: tuple[Any, ...]) -> bool:
    """Whether a type, or the only one beside None, is one of ``kinds``."""
    if get_origin(annotation) in (Union, UnionType):
        options = [option for option in get_args(annotation) if option not in (NoneType, msgspec.UnsetType)]
        return len(options) == 1 and _is_one_of(options[0], kinds)
    return (get_origin(annotation) or annotation) in kinds


def _set_zone(schema: Schema, *, has_zone: bool) -> None:
    """Say of a time whether it has a zone."""
    for part in (schema, *(option for option in schema.one_of or () if isinstance(option, Schema))):
        if part.pattern == PLAIN[dt.datetime]["pattern"]:
            part.any_of = None
            part.format = "date-time" if has_zone else LOCAL["format"]  # type: ignore[assignment]
            part.pattern = part.pattern if has_zone else LOCAL["pattern"]
        elif part.pattern == PLAIN[dt.time]["pattern"]:
            part.pattern = f"^{_CLOCK}{_ZONE if has_zone else ''}$"


def types_of(schema: Schema) -> list[Any]:
    """The types that a schema names, those of its options too."""
    kinds = schema.type if isinstance(schema.type, list | tuple) else [schema.type]
    options = [option for option in schema.one_of or () if isinstance(option, Schema)]
    return [*kinds, *(kind for option in options for kind in types_of(option))]


def without_copies(made: Any) -> None:
    """Take off a union what Litestar copied to it from one of its options, in the spelling that msgspec enforces."""
    if isinstance(made, Schema) and made.one_of is not None:
        for copied in _COPIED:
            setattr(made, copied, None)


def correct(made: Any) -> None:
    """Mend what Litestar makes on its own.

    ``oneOf`` becomes ``anyOf`` where options share a JSON type: 1 is an integer and a number. What bounds the number of
    different items does not bound that of all.

    Args:
        made: Litestar's schema, changed in place at any depth down to references.
    """
    if not isinstance(made, Schema):
        return
    if isinstance(made, RuledSchema) and any(entry.get("rule") == "distinct_items" for entry in made.x_rules or ()):
        made.max_items = made.min_length = made.max_length = made.unique_items = None
    options = made.one_of
    if options is not None and made.discriminator is None and _overlap(options):
        made.one_of, made.any_of = None, options
    inner = (*(made.one_of or ()), *(made.any_of or ()), *(made.all_of or ()), *(made.prefix_items or ()))
    for part in (*inner, made.items, made.additional_properties, *(made.properties or {}).values()):
        correct(part)


def _overlap(options: Iterable[Any]) -> bool:
    seen: set[Any] = set()
    for option in options:
        kinds = set(types_of(option)) - {None} if isinstance(option, Schema) else set()
        kinds = {OpenAPIType.NUMBER if kind is OpenAPIType.INTEGER else kind for kind in kinds}
        if kinds & seen:
            return True
        seen |= kinds
    return False
