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

_SQLITE_NATIVE = frozenset(
    {ct.Varchar, ct.Text, ct.Integer, ct.BigInt, ct.SmallInt, ct.Serial, ct.Real, ct.DoublePrecision}
)
"""Columns whose values SQLite's driver takes as they are; a value of another type is refused, as on PostgreSQL."""


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
    if type(column) in _SQLITE_NATIVE and column._meta.choices is None:
        return None
    return sqlite_value


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
