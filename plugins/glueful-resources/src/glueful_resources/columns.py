"""Whether a declared type can hold what a column holds."""

import datetime as dt
import decimal
import uuid
from typing import Any, Union, get_args, get_origin

from .annotations import without_none

_SIMPLE = (bool, int, float, str, bytes, decimal.Decimal, dt.datetime, dt.date, dt.time, dt.timedelta, uuid.UUID)
_WIDER: dict[type, tuple[type, ...]] = {float: (int,)}
"""Types that hold another one's values in JSON."""


def contradiction(annotation: Any, column: Any, *, is_nullable: bool) -> tuple[str, str] | None:
    """Why values of a column do not fit a field, and what to write instead; None if they do.

    Args:
        annotation: of the field.
        column: type of the column's values; ``Any`` if it is not known.
        is_nullable: whether the column may be NULL.
    """
    declared, takes_none = without_none(annotation)
    if declared is Any or declared is object:
        return None
    if is_nullable and not takes_none:
        return "the column may be NULL", f"write {_name(annotation)} | None, or when_not_null()"
    accepted = [get_args(part)[0] if hasattr(part, "__metadata__") else part for part in _members(declared)]
    if column not in _SIMPLE or not all(part in _SIMPLE for part in accepted):
        return None
    if any(part is column or column in _WIDER.get(part, ()) for part in accepted):
        return None
    return f"the column holds {_name(column)}", f"write {_name(column)}, or make it @computed"


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Union else (annotation,)


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))
