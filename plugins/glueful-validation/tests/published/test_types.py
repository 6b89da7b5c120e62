"""Each type through the published schema: a JSON Schema validator that we did not write has the same verdict."""

import base64
import dataclasses
import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pytest
from glueful_validation import Length, MaxLength, Min, MinLength
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

T = TypeVar("T")


class Open(msgspec.Struct, array_like=True):
    a: int
    b: str | None = None
    c: list["Open"] = []


class Shut(msgspec.Struct, array_like=True, forbid_unknown_fields=True, tag="shut"):
    a: Annotated[int, Meta(ge=0)]
    b: int | float = 0


class Named(NamedTuple):
    a: int
    b: bool = False


class Cat(msgspec.Struct, tag="cat"):
    lives: int | float = 9


class Dog(msgspec.Struct, tag="dog", forbid_unknown_fields=True):
    name: str


@dataclasses.dataclass
class Plain:
    size: int | float | None
    when: dt.date | None = None


class Keys(TypedDict, total=False):
    size: int | float


@attrs.define
class Drawn:
    size: int | float
    when: dt.datetime | None = None


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    more: dict[int, T] | None = None


class Suit(enum.Enum):
    HEARTS = "hearts"
    SPADES = "spades"


NUMBERS = st.integers(-5, 5) | st.floats(-3, 3).filter(lambda number: not number.is_integer())
TEXT = st.text("ab1-", max_size=4)
ANY = st.none() | st.booleans() | NUMBERS | TEXT
EASY = st.recursive(ANY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=2))
SMALL = st.lists(st.integers(0, 3), max_size=5)
CLOCKS = st.builds(
    "{:02}:{:02}:{:02}{}".format,
    st.integers(0, 24),
    st.sampled_from([0, 59, 60]),
    st.sampled_from([0, 59, 60]),
    st.sampled_from(["", ".5", ".1234567", "."]),
)
DAYS = st.dates().map(str) | st.sampled_from(["2026-02-29", "2028-02-29", "2026-13-01", "2026-04-31", "2026-1-1"])
ZONES = st.sampled_from(["", "Z", "z", "+01:00", "-23:59", "-00:00", "+24:00", "+01:60", "+01", " "])
MOMENTS = st.builds("{}{}{}{}".format, DAYS, st.sampled_from("Tt_"), CLOCKS, ZONES) | DAYS
TIMES = st.builds("{}{}".format, CLOCKS, ZONES)
AMOUNTS = st.sampled_from(["", "1", "1.5", "02", "1."])
SPANS = st.tuples(
    st.sampled_from(["", "-", "+"]),
    st.sampled_from(["P", "p", ""]),
    *(st.builds(lambda amount, unit: amount and amount + unit, AMOUNTS, st.just(unit)) for unit in "DW"),
    st.sampled_from(["", "T", "t"]),
    *(st.builds(lambda amount, unit: amount and amount + unit, AMOUNTS, st.just(unit)) for unit in "HMs"),
).map("".join)
BYTES = st.binary(max_size=5).map(lambda data: base64.b64encode(data).decode()) | st.text("aA0+/=- \n", max_size=8)
PLACES = st.lists(st.integers(-1, 2) | st.sampled_from(["shut", "a", None, 1.5, True, []]), max_size=4)
ANIMALS = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(["cat", "dog", "cow"]), "lives": NUMBERS, "name": TEXT, "other": ANY}
)

TYPES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "bool": (bool, ANY),
    "int": (int, ANY),
    "float": (float, ANY),
    "str": (str, ANY),
    "null": (None, ANY),
    "int or float": (int | float, ANY),
    "int, float or null": (int | float | None, ANY),
    "int or text": (Annotated[int, Min(1)] | str | None, ANY),
    "number or array": (int | float | list[int | float], NUMBERS | st.lists(NUMBERS, max_size=3)),
    "numbers": (list[int | float], EASY),
    "lists of numbers": (list[list[int | float]], EASY),
    "numbers by name": (dict[str, int | float | None], EASY),
    "tuple of numbers": (tuple[int | float, bool | None], st.lists(ANY, max_size=3)),
    "bytes": (bytes, BYTES),
    "decimal or null": (Decimal | None, st.sampled_from(["1", "1.5", "x", "1e5", "1_0"]) | NUMBERS | st.none()),
    "date": (dt.date, DAYS),
    "datetime": (dt.datetime, MOMENTS),
    "datetime or null": (dt.datetime | None, MOMENTS | st.none()),
    "datetime with a zone": (Annotated[dt.datetime, Meta(tz=True)], MOMENTS),
    "datetime without a zone": (Annotated[dt.datetime, Meta(tz=False)], MOMENTS),
    "time": (dt.time, TIMES),
    "time with a zone": (Annotated[dt.time, Meta(tz=True)], TIMES),
    "time without a zone": (Annotated[dt.time, Meta(tz=False)] | None, TIMES),
    "duration": (dt.timedelta, SPANS),
    "UUID": (UUID, st.uuids().map(str) | st.uuids().map(lambda key: str(key).upper()) | TEXT),
    "Literal": (Literal["a", "b"], ANY),
    "Literal of numbers": (Literal[1, 2], ANY),
    "Literal or number": (Literal["a", "b"] | float | None, ANY),
    "enumeration": (Suit | None, st.sampled_from(["hearts", "spades", "a", None, 1])),
    "set": (set[int], SMALL),
    "set of at most": (Annotated[set[int], MaxLength(2)], SMALL),
    "set of at least": (Annotated[frozenset[int], MinLength(2)], SMALL),
    "set of a size or null": (Annotated[set[int], Length(1, 2)] | None, SMALL | st.none()),
    "bytes of a size": (Annotated[bytes, Length(1, 3)], BYTES),
    "bytes of another size": (Annotated[bytes, Length(2, 4)], BYTES),
    "integers by integer": (dict[int, int], st.dictionaries(st.sampled_from(["1", "-2", "01", "a", "1.5"]), NUMBERS)),
    "integers by UUID": (dict[UUID, int], st.dictionaries(st.uuids().map(str) | TEXT, NUMBERS, max_size=2)),
    "integers by short name": (dict[Annotated[str, MaxLength(2)], int], st.dictionaries(TEXT, NUMBERS, max_size=2)),
    "integers by choice": (dict[Literal["a", "b"], int], st.dictionaries(TEXT, NUMBERS, max_size=2)),
    "open array": (Open, PLACES | st.lists(PLACES, max_size=2)),
    "shut array": (Shut, PLACES),
    "named tuple": (Named, PLACES),
    "arrays in an object": (dict[str, Open | None], st.dictionaries(TEXT, PLACES | st.none(), max_size=2)),
    "tagged union": (Cat | Dog, ANIMALS),
    "tagged union or null": (Cat | Dog | None, ANIMALS | st.none()),
    "dataclass": (Plain, st.fixed_dictionaries({}, optional={"size": ANY, "when": DAYS | st.none(), "x": ANY})),
    "attrs": (Drawn, st.fixed_dictionaries({}, optional={"size": ANY, "when": MOMENTS | st.none()})),
    "generic": (
        Page[int | float],
        st.fixed_dictionaries(
            {"items": st.lists(ANY, max_size=2)},
            optional={"more": st.dictionaries(TEXT, NUMBERS, max_size=2) | st.none()},
        ),
    ),
    "generic of generics": (
        Page[Page[int | float]],
        st.fixed_dictionaries(
            {"items": st.lists(st.fixed_dictionaries({"items": st.lists(ANY, max_size=2)}), max_size=2)}
        ),
    ),
    "typed dict": (Keys, st.fixed_dictionaries({}, optional={"size": ANY})),
}  # fmt: skip


@pytest.mark.parametrize("name", list(TYPES))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_our_verdict_is_that_of_the_schema(name: str, data: st.DataObject, both_of: Any) -> None:
    annotation, values = TYPES[name]
    value = data.draw(values)
    ours, theirs = both_of(name, annotation).accept(value)
    holder = both_of(f"{name} in an object", lambda: msgspec.defstruct("Holder", [("held", annotation)]))

    assert ours is theirs
    assert holder.accept({"held": value}) == (ours, ours)


@pytest.mark.parametrize(
    ("annotation", "value", "as_published"),
    [
        (dt.datetime, "2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z"),
        (dt.datetime, "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+01:00"),
        (UUID, "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
    ],
)
def test_spellings_that_are_understood_and_not_published(
    annotation: Any, value: str, as_published: str, both_of: Any
) -> None:
    both = both_of(f"{annotation} spelled otherwise", annotation)

    assert (both.accept(value), both.accept(as_published)) == ((True, False), (True, True))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 2**63),
        (int, 1.0),
        (str, "a" * 65_537),
        (str, "\x00"),
        (dt.date, "0000-01-01"),
        (dt.timedelta, "P1000000000D"),
        (Decimal, "1e1001"),
    ],
)
def test_limits_that_a_schema_does_not_say(annotation: Any, value: Any, both_of: Any) -> None:
    assert both_of(f"{annotation} alone", annotation).accept(value) == (False, True)
