"""Times leave in UTC (RFC 3339), whatever zone they came in."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from .annotations import without_none

UTC = dt.UTC
Converter = Callable[[Any], Any]


def in_utc(value: Any) -> Any:
    """A time in UTC; one without a zone is in UTC already. What is no time stays as it is."""
    if not isinstance(value, dt.datetime):
        return value
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # within hours of the first or last moment
        return value


def converter_of(annotation: Any) -> Converter | None:
    """What makes of values of a type what leaves; None if they leave as they are. ``in_utc`` for a single time."""
    inner, _ = without_none(annotation)
    if hasattr(inner, "__metadata__"):
        return converter_of(get_args(inner)[0])
    if isinstance(inner, type) and issubclass(inner, dt.datetime):
        return in_utc
    origin, arguments = get_origin(inner), get_args(inner)
    if not arguments:
        return None
    convert = next((c for c in map(converter_of, arguments) if c is not None), None)
    if convert is None:
        return None
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda value: value if value is None else {key: convert(one) for key, one in value.items()}
    if isinstance(origin, type):
        return lambda value: value if value is None else [convert(one) for one in value]
    return convert  # a union
