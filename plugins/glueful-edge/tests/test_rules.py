"""The rule for paths, and the limits before routing."""

import pytest
from glueful_edge.errors import UnsafeResponseHeader
from glueful_edge.rules import UNKNOWN_LENGTH, KnownHeaders, PlainRequests, declared_length, path_problem, refusal
from glueful_edge.settings import EdgeSettings
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "path",
    [b"/", b"/p/x", b"/p/x/", b"/p/a%20b", b"/p/%C3%A9", b"/a.b/..c", b"/%7Euser", b"/a:b@c;d=e", b"/p/%5b1%5d"],
)
def test_ordinary_paths_pass(path: bytes) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        b"/p/%00",
        b"/p/%0d%0a",
        b"/p/%7f",
        b"/p/%ff",
        b"/p/%c3",
        b"/p/..%2fx",
        b"/a%2Fb",
        b"/p/..",
        b"/p/%2e%2e/x",
        b"/p/.%2E",
        b"/p/./x",
        b"/p/..%5cx",
        b"/p\\x",
        b"//p//x",
        b"/p//x",
        b"/%zz",
        b"/100%",
    ],
)
def test_paths_with_two_readings_are_refused(path: bytes) -> None:
    assert path_problem(path) is not None


@given(st.lists(st.text(min_size=1).filter(lambda s: s not in {".", ".."}), min_size=1))
def test_any_text_without_control_characters_slashes_or_backslashes_can_be_a_segment(segments: list[str]) -> None:
    from urllib.parse import quote

    try:
        path = "".join("/" + quote(segment, safe="") for segment in segments).encode()
    except UnicodeEncodeError:
        return
    has_forbidden = any(ch in segment for segment in segments for ch in "/\\\x7f" + "".join(map(chr, range(32))))

    assert (path_problem(path) is not None) == has_forbidden


def scope(**changes: object) -> dict[str, object]:
    base = {
        "type": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost")],
    }
    return base | changes


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"raw_path": b"/" + b"a" * 9_000}, 414),
        ({"query_string": b"a" * 9_000}, 414),
        ({"headers": [(b"host", b"h")] + [(b"x", b"1")] * 100}, 431),
        ({"headers": [(b"host", b"h"), (b"x", b"1" * 40_000)]}, 431),
        ({"headers": []}, 400),
        ({"headers": [(b"host", b"a"), (b"host", b"b")]}, 400),
        ({"headers": [(b"host", b"a"), (b"expect", b"200-ok")]}, 417),
        ({"headers": [(b"host", b"a"), (b"transfer-encoding", b"gzip, chunked")]}, 501),
        ({"headers": [(b"host", b"a"), (b"transfer-encoding", b"chunked")], "http_version": "1.0"}, 400),
        ({"headers": [(b"host", b"a"), (b"transfer-encoding", b"chunked"), (b"content-length", b"3")]}, 400),
        ({"headers": [(b"host", b"a"), (b"content-length", b"5, 6")]}, 400),
        ({"headers": [(b"host", b"a"), (b"content-length", b"5"), (b"content-length", b"6")]}, 400),
        ({"headers": [(b"host", b"a"), (b"content-length", b"+5")]}, 400),
        ({"http_version": "2.7"}, 505),
    ],
)
def test_requests_beyond_the_limits_are_refused(changes: dict[str, object], status: int) -> None:
    refused = refusal(scope(**changes), EdgeSettings())

    assert refused is not None
    assert refused.status_code == status
    assert refused.code.startswith("request.")


def test_an_ordinary_request_passes() -> None:
    assert refusal(scope(), EdgeSettings()) is None
    assert refusal(scope(headers=[], http_version="1.0"), EdgeSettings()) is None
    assert refusal(scope(headers=[(b"host", b"a"), (b"expect", b"100-Continue")]), EdgeSettings()) is None


@pytest.mark.parametrize(
    ("changes", "length"),
    [
        ({}, b""),
        ({"headers": [(b"host", b"a"), (b"content-length", b"12")]}, b"12"),
        ({"headers": [(b"host", b"a"), (b"transfer-encoding", b"chunked")]}, UNKNOWN_LENGTH),
        ({"http_version": "2"}, UNKNOWN_LENGTH),
        ({"http_version": "2", "headers": [(b"host", b"a"), (b"content-length", b"12")]}, b"12"),
    ],
)
def test_the_length_of_a_body_is_declared_or_only_known_by_reading(changes: dict[str, object], length: bytes) -> None:
    """HTTP/2 frames its bodies itself: there a request may have one without saying so in its fields."""
    plain = PlainRequests(EdgeSettings())
    plain.remember(scope(**changes))

    assert declared_length(scope(**changes)) == length
    assert plain.length_of(scope(**changes)) in (length, None)


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x=1", b"a\nb", b"a\x00"])
def test_a_header_that_would_split_the_response_is_never_sent(value: bytes) -> None:
    with pytest.raises(UnsafeResponseHeader, match="location"):
        KnownHeaders().check([(b"content-type", b"text/plain"), (b"location", value)])


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"h"), (b"x" * 40_000, b"1")],
        [(b"host", b"h"), *((b"x-%d" % number + b"n" * 400, b"1") for number in range(90))],
        [(b"host", b"h"), (b"accept", b"*" * 40_000)],
        [(b"host", b"h"), (b"accept", b"*/*"), (b"host", b"evil")],
    ],
)
def test_a_path_and_names_that_are_known_hide_no_header_that_is_too_long_or_doubled(
    headers: list[tuple[bytes, bytes]],
) -> None:
    plain = PlainRequests(EdgeSettings())
    plain.remember(scope())
    plain.remember(scope(headers=[(b"host", b"h"), (b"accept", b"*/*")]))

    assert plain.length_of(scope()) == b""
    assert plain.length_of(scope(headers=headers)) is None


LIMITS = EdgeSettings(max_target_bytes=24, max_header_count=4, max_header_bytes=48)
FIELDS = st.tuples(
    st.sampled_from([b"host", b"accept", b"x", b"expect", b"transfer-encoding", b"content-length", b"x" * 20]),
    st.sampled_from([b"", b"a", b"7", b"chunked", b"100-continue", b"a" * 20, b"a" * 50]),
)
REQUESTS = st.builds(
    lambda path, query, version, headers: scope(
        path=path.decode(), raw_path=path, query_string=query, http_version=version, headers=headers
    ),
    st.sampled_from([b"/", b"/a", b"/a/../b", b"/" + b"a" * 20]),
    st.sampled_from([b"", b"q" * 8, b"q" * 30]),
    st.sampled_from(["1.0", "1.1", "2.7"]),
    st.lists(FIELDS, max_size=6),
)


@given(st.lists(REQUESTS, max_size=20))
def test_what_is_taken_for_plain_would_never_be_refused(requests: list[dict[str, object]]) -> None:
    plain = PlainRequests(LIMITS)
    for request in requests:
        refused = refusal(request, LIMITS)
        length = plain.length_of(request)
        if length is not None:
            assert refused is None
            assert length == declared_length(request)
        elif refused is None:
            plain.remember(request)
