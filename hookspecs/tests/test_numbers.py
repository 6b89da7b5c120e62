"""What JSON cannot hold is refused with its place, and nothing else is."""

import enum
import math
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from glueful_hookspecs import NumberNotFinite, refuse_not_finite
from hypothesis import given
from hypothesis import strategies as st

NAN, INFINITY = math.nan, math.inf


class Price(msgspec.Struct, rename="camel"):
    net_price: float
    note: str | None = None


@dataclass
class Point:
    x: float


class Limit(enum.Enum):
    NONE = INFINITY


class Metres:
    def __init__(self, number: float) -> None:
        self.number = number


def hook(value: Any) -> Any:
    if isinstance(value, Metres):
        return value.number
    raise NotImplementedError


def check(value: Any) -> None:
    refuse_not_finite(msgspec.json.encode(value, enc_hook=hook), value, hook)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (NAN, ""),
        ([1.0, INFINITY], "/1"),
        ({"a": None, "b": -INFINITY}, "/b"),
        ({"a/b~c": [{"d": NAN}]}, "/a~1b~0c/0/d"),
        ({7: NAN}, "/7"),
        ([Price(1.0), Price(NAN)], "/1/netPrice"),
        ((Point(1.0), Point(NAN)), "/1/x"),
        ({"set": {NAN}, "frozen": frozenset()}, "/set/0"),
        ({"limit": Limit.NONE}, "/limit"),
        ({"long": Metres(INFINITY)}, "/long"),
        ([2**70, NAN], "/1"),
        ([msgspec.Raw(b"null"), NAN], "/1"),
        ([NAN, INFINITY], "/0"),
        (math.copysign(NAN, -1), ""),
    ],
)
def test_the_place_of_a_number_that_json_does_not_have_is_named(value: Any, pointer: str) -> None:
    with pytest.raises(NumberNotFinite) as caught:
        check(value)

    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    "value",
    [
        None,
        [None, 1.5, "null", -0.0, 5e-324, 1.7976931348623157e308],
        {"raw": msgspec.Raw(b"[null]"), "large": 2**70, "nothing": None},
        [None, b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 0xCB7FF80000000000],  # what looks like NaN in MessagePack
        {NAN: None},  # a name, and so the text "nan"
        Price(1.0),
    ],
)
def test_a_null_that_is_meant_is_sent(value: Any) -> None:
    check(value)


def test_in_a_part_of_a_longer_list_the_place_is_that_in_the_whole() -> None:
    part = [1.0, [NAN]]

    with pytest.raises(NumberNotFinite, match="/101/0"):
        refuse_not_finite(msgspec.json.encode(part), part, first=100)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def has_not_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_not_finite, value.values()))
    if isinstance(value, list):
        return any(map(has_not_finite, value))
    return isinstance(value, float) and not math.isfinite(value)


@given(VALUES)
def test_exactly_the_values_with_such_a_number_are_refused(value: Any) -> None:
    try:
        check(value)
    except NumberNotFinite:
        assert has_not_finite(value)
    else:
        assert not has_not_finite(value)
