"""Values between Python and the driver: what SQLite stores as text becomes what the column promises, and back."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from piccolo.columns import column_types as ct
from piccolo.columns.base import Column

from ..errors import DataError, NumericOverflow
from .ranges import check_number, check_text, integer_range, text_limit

Codec = Callable[[Any], Any]
K = TypeVar("K")
MAXIMUM_SQLITE_INTEGER = 2**63
PRECISE = decimal.Context(prec=2_000, rounding=decimal.ROUND_HALF_UP)
"""Rounds as PostgreSQL does, with more digits than it takes."""


def held(column: Column) -> Column:
    """The column whose values a column holds: of a foreign key the one it points to."""
    while isinstance(column, ct.ForeignKey):
        column = column._foreign_key_meta.resolved_target_column
    return column


# --- out of the database ----------------------------------------------------------------------------------------------


def decoder(column: Column, dialect: str) -> Codec | None:
    """What turns a stored value that is not NULL into the column's Python type; None where the driver does."""
    column = held(column)
    if isinstance(column, ct.JSON | ct.JSONB):
        return _decode_json
    if dialect == "postgres":
        return None
    return next((make(column) for kind in type(column).__mro__ if (make := _SQLITE_DECODERS.get(kind))), None)


def _decode_json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def _array_decoder(column: Any) -> Codec:
    return msgspec.json.Decoder(_element_type(column)).decode


def _element_type(column: Any) -> Any:
    base = getattr(column, "base_column", None)
    return column.value_type if base is None else list[_element_type(base)]  # type: ignore[misc]


def _numeric_decoder(column: Any) -> Codec:
    if column.digits is None:
        return lambda value: decimal.Decimal(str(value))
    unit = decimal.Decimal(1).scaleb(-column.digits[1])
    return lambda value: decimal.Decimal(str(value)).quantize(unit, context=PRECISE)


_SQLITE_DECODERS: dict[type[Any], Callable[[Any], Codec]] = {
    ct.Boolean: lambda _: bool,
    ct.Timestamptz: lambda _: dt.datetime.fromisoformat,
    ct.Timestamp: lambda _: dt.datetime.fromisoformat,
    ct.Date: lambda _: dt.date.fromisoformat,
    ct.Time: lambda _: dt.time.fromisoformat,
    ct.UUID: lambda _: uuid.UUID,
    ct.Numeric: _numeric_decoder,
    ct.Interval: lambda _: lambda value: dt.timedelta(seconds=value),
    ct.Array: _array_decoder,
}


# --- into the database ------------------------------------------------------------------------------------------------


def native_test(column: Column, dialect: str) -> str | None:
    """Python source of a test on ``v``: the driver takes the value as it is, and the column can hold it.

    The same on both databases, where one would store what the other refuses: SQLite knows neither lengths nor ranges.
    None where every value goes through the encoder, or none has one.
    """
    column = held(column)
    if isinstance(column, ct.Varchar | ct.Text):
        length = text_limit(column)
        return "type(v) is str and '\\0' not in v" + (f" and len(v) <= {length}" if length else "")
    if (range_ := integer_range(column)) is not None:
        return f"type(v) is int and {range_[0]} <= v <= {range_[1]}"
    if dialect == "postgres":
        return None
    if isinstance(column, ct.Boolean):
        return "type(v) is bool"
    if isinstance(column, ct.Real | ct.DoublePrecision):
        return "type(v) is float and v == v"
    return None


def encoder(column: Column, dialect: str) -> Codec | None:
    """What turns a Python value that is not None into what the driver takes; None where the driver does.

    Raises:
        DataError: the codec, for a value that the column cannot hold.
    """
    column = held(column)
    if isinstance(column, ct.JSON | ct.JSONB):
        return _encode_json
    if isinstance(column, ct.Varchar | ct.Text):
        return check_text(text_limit(column))
    if (range_ := integer_range(column)) is not None:
        return check_number(range_)
    if isinstance(column, ct.Numeric):
        return _known_number(column) if dialect == "postgres" else _numeric_encoder(column)
    is_postgres = dialect == "postgres"
    encoders = _KNOWN if is_postgres else _SQLITE_ENCODERS
    found = next((encoders[kind] for kind in type(column).__mro__ if kind in encoders), None)
    return found if found is not None or is_postgres else sqlite_value


def _encode_json(value: Any) -> str:
    if isinstance(value, str):  # JSON text, as Piccolo takes it
        try:
            msgspec.json.decode(value)
        except msgspec.MsgspecError:
            raise DataError("text that is not JSON; give the value itself") from None
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):
        raise DataError(f"a {type(value).__name__} that JSON cannot hold") from None


def _known_number(column: Any) -> Callable[[Any], decimal.Decimal]:
    whole = None if column.digits is None else column.digits[0] - column.digits[1]
    unit = None if column.digits is None else decimal.Decimal(1).scaleb(-column.digits[1])

    def check(value: Any) -> decimal.Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
            raise DataError(f"a {type(value).__name__} was given for a column of type Decimal")
        number = decimal.Decimal(str(value))
        if not number.is_finite():
            raise NumericOverflow("a number that is not finite")
        if whole is None or unit is None:
            return number
        if number.adjusted() < whole:
            number = number.quantize(unit, context=PRECISE)
        if number and number.adjusted() >= whole:
            raise NumericOverflow("a number with more digits than its column holds")
        return number

    return check


def _numeric_encoder(column: Any) -> Codec:
    known = _known_number(column)

    def encode(value: Any) -> str:
        number = known(value)
        if not _is_exact(number):
            raise NumericOverflow("a number with more digits than SQLite holds exactly (15)")
        return str(int(number) if number == number.to_integral_value() else number)

    return encode


def _is_exact(number: decimal.Decimal) -> bool:
    # SQLite keeps NUMERIC as an integer of 64 bits, or as binary floating point.
    if number == number.to_integral_value():
        return abs(number) < MAXIMUM_SQLITE_INTEGER
    return decimal.Decimal(repr(float(number))) == number


def _encode_boolean(value: Any) -> Any:
    if not isinstance(value, bool | int):
        raise DataError(f"a {type(value).__name__} was given for a column of type bool")
    return value


def _encode_float(value: Any) -> float:
    plain_value = sqlite_value(value)
    if not isinstance(plain_value, int | float) or plain_value != plain_value:  # noqa: PLR0124 - only NaN does
        raise DataError(f"a {type(value).__name__} that SQLite cannot hold as a number")
    return plain_value


def _known_aware(value: Any) -> dt.datetime:
    return _known(value, dt.datetime).astimezone(dt.UTC)


def _known_naive(value: Any) -> dt.datetime:
    moment = _known(value, dt.datetime)
    if moment.tzinfo is not None:
        raise DataError("a time with a zone was given for a column without one")
    return moment


def _known_date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        raise DataError("a datetime was given for a column of type date")
    return _known(value, dt.date)


def _known_time(value: Any) -> dt.time:
    return _known(value, dt.time)


def _known(value: Any, kind: type[K]) -> K:
    if isinstance(value, kind):
        return value
    try:
        known: K = kind.fromisoformat(value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise DataError(f"a {type(value).__name__} was given that is no {kind.__name__}") from None
    return known


def _known_uuid(value: Any) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
    except (TypeError, ValueError, AttributeError):
        raise DataError(f"a {type(value).__name__} was given that is no UUID") from None


_KNOWN: dict[type[Any], Codec] = {
    ct.Timestamptz: _known_aware,
    ct.Timestamp: _known_naive,
    ct.Date: _known_date,
    ct.Time: _known_time,
    ct.UUID: _known_uuid,
}
"""By kind of column: what makes its Python value out of that or of its ISO 8601 or RFC 9562 text."""

_SQLITE_ENCODERS: dict[type[Any], Codec] = {
    ct.Boolean: _encode_boolean,
    ct.Real: _encode_float,
    ct.DoublePrecision: _encode_float,
    ct.Timestamptz: lambda value: _known_aware(value).isoformat(" "),
    ct.Timestamp: lambda value: _known_naive(value).isoformat(" "),
    ct.Date: lambda value: _known_date(value).isoformat(),
    ct.Time: lambda value: _known_time(value).isoformat(),
    ct.UUID: lambda value: str(_known_uuid(value)),
    ct.Array: lambda value: msgspec.json.encode(value).decode(),
}


def sqlite_value(value: Any) -> Any:
    """What SQLite's driver takes for a value whose column is not known: times and identifiers as text."""
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
