"""The tests of bytes against plain definitions of what they look for."""

from typing import Any

import msgspec
import pytest
from glueful_validation import BodyTooDeep
from glueful_validation.screening import Limits, check_depth, find_offences, is_suspicious
from glueful_validation.shape.compiler import compile_tree
from hypothesis import given
from hypothesis import strategies as st

ALL = Limits(int64=True, text=True)
texts = st.text(st.sampled_from('[]{}"\\,: aé\n'), max_size=6)
documents = st.recursive(
    st.integers() | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def depth_of(data: Any) -> int:
    if not isinstance(data, dict | list):
        return 0
    return 1 + max((depth_of(child) for child in (data.values() if isinstance(data, dict) else data)), default=0)


def is_too_deep(body: bytes, limit: int) -> bool:
    try:
        check_depth(body, limit)
    except BodyTooDeep as error:
        return error.limit == limit
    return False


@given(documents, st.integers(1, 6))
def test_depth_is_what_it_is_when_decoded(data: Any, limit: int) -> None:
    assert is_too_deep(msgspec.json.encode(data), limit) is (depth_of(data) > limit)


@given(st.binary(max_size=200) | st.text('[]{}"\\a', max_size=200).map(str.encode), st.integers(1, 20))
def test_whatever_is_not_too_deep_decodes_without_recursion(body: bytes, limit: int) -> None:
    if not is_too_deep(body, limit):
        try:
            data = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        assert depth_of(data) <= limit


@given(
    st.recursive(
        st.integers(-(2**70), 2**70) | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    st.integers(1, 20),
)
def test_every_offence_is_suspected_and_found(data: Any, length: int) -> None:
    def offends(value: Any) -> bool:
        if isinstance(value, dict):
            return any("\x00" in name for name in value) or any(map(offends, value.values()))
        if isinstance(value, list):
            return any(map(offends, value))
        if isinstance(value, int):
            return not -(2**63) <= value < 2**63
        return "\x00" in value or len(value) > length

    found = list(find_offences(data, compile_tree(Any, "body"), length))

    assert bool(found) is offends(data)
    assert is_suspicious(msgspec.json.encode(data), ALL, length) or not found


class Known(msgspec.Struct):
    n: int
    text: str


def test_a_member_that_is_ignored_is_no_offence() -> None:
    tree = compile_tree(list[Known], "body")

    offences = list(find_offences([{"n": 2**64, "text": "a\x00", "other": 2**64, "x\x00": 1}], tree, 10))

    assert sorted(offences) == [((0, "n"), "int64"), ((0, "text"), "nul")]


@pytest.mark.parametrize(
    ("body", "suspected"),
    [
        (b'{"n":9223372036854775807}', True),
        (b'{"n":922337203685477580}', False),
        (rb'"\u0000"', True),
        (rb'"\\u000"', False),
        (b'"' + b"a" * 101 + b'"', True),
        (b'["' + b'","'.join([b"a" * 5] * 100) + b'"]', False),
    ],
)
def test_what_is_suspected(body: bytes, suspected: bool) -> None:
    assert is_suspicious(body, ALL, 100) is suspected


def test_a_type_without_integers_and_text_suspects_nothing() -> None:
    limits = Limits.of(compile_tree(list[float], "body"))

    assert limits == Limits(int64=False, text=False)
    assert not is_suspicious(b"9223372036854775808", limits, 1)
