"""What a column can hold, where SQLite does not ask: lengths of text and ranges of integers."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from piccolo.columns import column_types as ct
from piccolo.columns.base import Column

from ..errors import DataError, NumericOverflow

_BITS: dict[type[Any], int] = {
    ct.SmallInt: 16,
    ct.Integer: 32,
    ct.Serial: 32,
    ct.BigInt: 64,
    ct.BigSerial: 64,
}


def integer_range(column: Column) -> tuple[int, int] | None:
    """Least and greatest integer; None for other columns."""
    bits = next((_BITS[kind] for kind in type(column).__mro__ if kind in _BITS), None)
    return None if bits is None else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def text_limit(column: Column) -> int | None:
    """Greatest number of characters; None for no limit, and for other columns."""
    length: int | None = getattr(column, "length", None)
    return length


def check_text(length: int | None) -> Callable[[Any], Any]:
    """A check of texts, of at most ``length`` characters; an enumeration's value counts."""

    def check(value: Any) -> Any:
        text = value.value if isinstance(value, Enum) else value
        if not isinstance(text, str):
            raise DataError(f"a {type(value).__name__} was given for a column of type str")
        if length is not None and len(text) > length:
            raise DataError(f"text longer than {length} characters")
        if "\0" in text:
            raise DataError("text with the character NUL, which PostgreSQL does not store")
        return text

    return check


def check_number(limits: tuple[int, int]) -> Callable[[Any], Any]:
    """A check of integers between two, inclusive; an enumeration's value counts."""
    least, greatest = limits

    def check(value: Any) -> Any:
        number = value.value if isinstance(value, Enum) else value
        if not isinstance(number, int):
            raise DataError(f"a {type(value).__name__} was given for a column of type int")
        if not least <= number <= greatest:
            raise NumericOverflow("a number outside the range of its column")
        return int(number)

    return check
