"""Content types and pointers."""

import pytest
from glueful_validation.media import parse_media_type
from glueful_validation.pointer import path_in, to_pointer
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "essence", "charset"),
    [
        (b"application/json", "application/json", None),
        (b" Application/JSON ;Charset=UTF-8", "application/json", "utf-8"),
        (b'text/html; a=b; charset="utf-16"', "text/html", "utf-16"),
        (b"", "", None),
        (b"\xff;;==;", "ÿ", None),
    ],
)
def test_content_types(value: bytes, essence: str, charset: str | None) -> None:
    found = parse_media_type(value)

    assert (found.essence, found.parameters.get("charset")) == (essence, charset)


@given(st.binary(max_size=50))
def test_no_content_type_is_an_error(value: bytes) -> None:
    parse_media_type(value)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "m~n", ""), "/a~1b/m~0n/")],
)
def test_pointers_of_rfc_6901(path: tuple[str | int, ...], pointer: str) -> None:
    assert to_pointer(path) == pointer


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("Expected `int`, got `str`", ()),
        ("Expected `int`, got `str` - at `$`", ()),
        ("Expected `int`, got `str` - at `$.a[3].b`", ("a", 3, "b")),
        ("Expected `int`, got `str` - at `$[...][1]`", ()),
        ("Expected `int`, got `str` - at `key` in `$.a`", ()),
        ("Invalid - at `$.x` - at `$.y`", ("y",)),
    ],
)
def test_places_in_messages_of_the_decoder(message: str, path: tuple[str | int, ...]) -> None:
    assert path_in(message) == path
