"""Values between Python and the driver: what SQLite stores as text becomes what the column promises, and back."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from piccolo.columns import column_types as ct
from piccolo.columns.base import Column

from ..errors import DataError

Codec = Callable[[Any], Any]

_SQLITE_DECODERS: dict[type[Column], Codec] = {
    ct.Boolean: bool,
    ct.Timestamptz: dt.datetime.fromisoformat,
    ct.Timestamp: dt.datetime.fromisoformat,
    ct.Date: dt.date.fromisoformat,
    ct.Time: dt.time.fromisoformat,
    ct.UUID: uuid.UUID,
    ct.Numeric: lambda value: decimal.Decimal(str(value)),
    ct.Interval: lambda value: dt.timedelta(seconds=value),
    ct.Array: msgspec.json.decode,
}

_SQLITE_NATIVE: dict[type[Column], type[Any]] = {
    ct.Varchar: str,
    ct.Text: str,
    ct.Integer: int,
    ct.BigInt: int,
    ct.SmallInt: int,
    ct.Serial: int,
    ct.Real: float,
    ct.DoublePrecision: float,
    ct.Boolean: bool,
}
"""Columns whose values SQLite's driver takes as they are, and the type that they must have: SQLite checks none."""

_TEMPORAL: dict[type[Column], Codec] = {
    ct.Timestamptz: dt.datetime.fromisoformat,
    ct.Timestamp: dt.datetime.fromisoformat,
    ct.Date: dt.date.fromisoformat,
    ct.Time: dt.time.fromisoformat,
}


def native_type(column: Column, dialect: str) -> type[Any] | None:
    """The type whose values need no encoder; None where every value does, or none."""
    return _SQLITE_NATIVE.get(type(column)) if dialect == "sqlite" else None


def decoder(column: Column, dialect: str) -> Codec | None:
    """What turns a stored value that is not NULL into the column's Python type; None where the driver does."""
    if isinstance(column, ct.JSON | ct.JSONB):
        return lambda value: msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    if dialect == "postgres":
        return None
    return next((_SQLITE_DECODERS[kind] for kind in type(column).__mro__ if kind in _SQLITE_DECODERS), None)


def encoder(column: Column, dialect: str) -> Codec | None:
    """What turns a Python value that is not None into what the driver takes; None where the driver does."""
    if isinstance(column, ct.JSON | ct.JSONB):
        return lambda value: value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if dialect == "postgres":
        return None
    if isinstance(column, ct.Array):
        return lambda value: msgspec.json.encode(value).decode()
    if (native := native_type(column, dialect)) is not None:
        return _checked(native)
    parse = next((_TEMPORAL[kind] for kind in type(column).__mro__ if kind in _TEMPORAL), None)
    return sqlite_value if parse is None else _moment(parse)


def _checked(native: type[Any]) -> Codec:
    accepted = {float: (int, float), bool: (bool, int)}.get(native, native)

    def check(value: Any) -> Any:
        plain_value = sqlite_value(value)
        if not isinstance(plain_value, accepted):
            raise DataError(f"a {type(value).__name__} was given for a column of type {native.__name__}")
        return plain_value

    return check


def _moment(parse: Codec) -> Codec:
    def check(value: Any) -> Any:
        text = sqlite_value(value)
        try:
            parse(text)
        except (TypeError, ValueError):
            raise DataError(f"a {type(value).__name__} was given that is no date or time") from None
        return text

    return check


def sum_decoder(column: Column, dialect: str) -> Codec | None:
    """What turns a sum into the column's Python type: SQLite adds NUMERIC as binary floating point."""
    if dialect == "sqlite" and isinstance(column, ct.Numeric) and column.digits is not None:
        unit = decimal.Decimal(1).scaleb(-column.digits[1])
        return lambda value: decimal.Decimal(str(value)).quantize(unit)
    return decoder(column, dialect)


def sqlite_value(value: Any) -> Any:
    """What SQLite's driver takes for a value: times and identifiers as text, enumerations by value."""
    if isinstance(value, dt.datetime):
        utc = value if value.tzinfo is None else value.astimezone(dt.UTC)
        return utc.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return value.value if isinstance(value, enum.Enum) else value


def plain(value: Any, dialect: str) -> Any:
    """A value of a predicate as the driver takes it; a model stands for its primary key."""
    key = getattr(value, "pk", value) if hasattr(value, "_meta") and not isinstance(value, Column) else value
    if isinstance(key, enum.Enum):
        key = key.value
    return sqlite_value(key) if dialect == "sqlite" else key
