"""The rules: what is refused before routing, and what may not leave in a header.

The rule for paths: percent-decoded once as UTF-8; no control bytes, no dot segments, no empty segments, no backslash,
no encoded slash. So a guarded route cannot be reached by a spelling that its guard, or a proxy's rule, does not see.
"""

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any
from urllib.parse import unquote_to_bytes

from .errors import EdgeRefused, UnsafeResponseHeader
from .settings import EdgeSettings

_PLAIN_PATH = re.compile(rb"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(rb"[\x00-\x1f\x7f\\]")
_REPEATED = frozenset({b"content-type", b"content-length", b"vary", b"cache-control", b"allow"})
_DECIDING = frozenset({b"expect", b"transfer-encoding", b"content-encoding"})
MOST_KNOWN, MOST_NAMES = 4_096, 32
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})  # as ASGI names them; "2.0" is a request line that lies
_FRAMED_BY_FIELDS = frozenset({"1.0", "1.1"})
UNKNOWN_LENGTH = b"unknown"
PATH_INVALID = "request.path_invalid"
_UNSAFE_NAME = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_UNSAFE_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def path_problem(raw_path: bytes) -> str | None:
    """What is wrong with a raw path, or None."""
    if _PLAIN_PATH.fullmatch(raw_path):
        return None
    if _BAD_ESCAPE.search(raw_path):
        return "The path holds a percent sign that is no escape."
    if b"%2f" in raw_path.lower():
        return "The path holds an encoded slash."
    path = unquote_to_bytes(raw_path)
    if _FORBIDDEN.search(path):
        return "The path holds a control character or a backslash."
    try:
        path.decode()
    except UnicodeDecodeError:
        return "The path is not UTF-8."
    segments = path.split(b"/")
    if b"." in segments or b".." in segments:
        return "The path holds a dot segment."
    if b"" in segments[1:-1]:
        return "The path holds an empty segment."
    return None


def refusal(scope: Any, limits: EdgeSettings) -> EdgeRefused | None:
    """Why a request is refused, or None.

    Args:
        scope: the ASGI scope of an HTTP request.
        limits: greatest sizes.
    """
    raw_path = scope.get("raw_path") or scope["path"].encode()
    if len(raw_path) + len(scope["query_string"]) > limits.max_target_bytes:
        return EdgeRefused(414, "request.target_too_long", "The request target is too long.")
    if (problem := path_problem(raw_path)) is not None:
        return EdgeRefused(400, PATH_INVALID, problem)
    headers = scope["headers"]
    if len(headers) > limits.max_header_count or sum(map(len, chain.from_iterable(headers))) > limits.max_header_bytes:
        return EdgeRefused(431, "request.headers_too_large", "The request has too many or too long header fields.")
    version = scope.get("http_version", "1.1")
    if version not in _VERSIONS:
        return EdgeRefused(505, "request.version_unsupported", "This version of HTTP is not supported.")
    return _refusal_of_fields(headers, dict(headers), version)


def _refusal_of_fields(headers: Any, fields: dict[bytes, bytes], version: str) -> EdgeRefused | None:
    hosts = _count(headers, b"host")
    if hosts > 1 or (not hosts and version == "1.1"):
        return EdgeRefused(400, "request.host_invalid", "Exactly one Host header is needed.")
    if b"expect" in fields and _value(headers, b"expect").lower() != b"100-continue":
        return EdgeRefused(417, "request.expectation_failed", "Only the expectation 100-continue is known.")
    if (fault := _framing_fault(headers, fields, version)) is not None:
        # Where the body ends is not known, so neither is where the next request begins (RFC 9112 section 6.3).
        closing = {"Connection": "close"} if version in _FRAMED_BY_FIELDS else None
        return EdgeRefused(*fault, headers=closing)
    return None


def _framing_fault(headers: Any, fields: dict[bytes, bytes], version: str) -> tuple[int, str, str] | None:
    if b"transfer-encoding" in fields:
        if version == "1.0" or b"content-length" in fields:
            return 400, "request.framing_invalid", "The length of the body is given ambiguously."
        if _value(headers, b"transfer-encoding").strip().lower() != b"chunked":
            return 501, "request.transfer_coding_unknown", "Only the transfer coding chunked is known."
    if b"content-length" in fields and not _value(headers, b"content-length").isdigit():
        return 400, "request.framing_invalid", "The length of the body is no number."
    return None


def content_codings(scope: Any) -> list[bytes]:
    """The codings of a request's body, outermost last, without ``identity``."""
    codings = _value(scope["headers"], b"content-encoding").lower().split(b",")
    return [coding for coding in map(bytes.strip, codings) if coding not in (b"", b"identity")]


def declared_length(scope: Any) -> bytes:
    """``Content-Length`` as sent; empty without a body; ``UNKNOWN_LENGTH`` where only reading tells.

    Args:
        scope: of a request that is not refused.
    """
    for name, value in scope["headers"]:
        if name == b"content-length":
            return bytes(value)
        if name == b"transfer-encoding":
            return UNKNOWN_LENGTH
    return b"" if scope.get("http_version", "1.1") in _FRAMED_BY_FIELDS else UNKNOWN_LENGTH


def _count(headers: Any, wanted: bytes) -> int:
    return sum(name == wanted for name, _ in headers)


def _value(headers: Any, wanted: bytes) -> bytes:
    return b",".join(value for name, value in headers if name == wanted)


class KnownHeaders:
    """Response headers that were found to be harmless: most responses have the same few, looked up by one call."""

    def __init__(self) -> None:
        self._known: set[tuple[bytes, bytes]] = set()
        self.are_known = self._known.issuperset

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Refuse to send what would split the response.

        Raises:
            UnsafeResponseHeader: a value holds a control character other than a tab, or a name is no token.
        """
        for name, value in headers:
            if not name or _UNSAFE_NAME.search(name) or _UNSAFE_VALUE.search(value):
                raise UnsafeResponseHeader(name.decode("latin-1"))
            if name in _REPEATED and len(self._known) < MOST_KNOWN:
                self._known.add((name, value))


class PlainRequests:
    """Requests that need no closer look: path and header names were found sound before, and nothing is long.

    Args:
        limits: greatest sizes.
    """

    def __init__(self, limits: EdgeSettings) -> None:
        self._limits = limits
        self._paths: set[bytes] = set()
        self._lengths: dict[tuple[bytes, ...], int] = {}
        self.length_of = self._compiled()

    def _compiled(self) -> Callable[[Any], bytes | None]:
        """The declared length of a plain request's body, empty without one; None for a request that is not plain.

        A few calls into C, since every request is asked.
        """
        paths, place_of = self._paths, self._lengths.get
        most_value_bytes, most_query_bytes = self._limits.max_header_bytes // 2, self._limits.max_target_bytes // 2

        def length_of(scope: Any) -> bytes | None:
            if scope.get("raw_path") not in paths or not scope["headers"]:
                return None
            fields, values = zip(*scope["headers"])  # noqa: B905 - all are pairs, and the argument costs
            place = place_of(fields)
            if (
                place is None
                or len(b"".join(values)) > most_value_bytes
                or len(scope["query_string"]) > most_query_bytes
                or scope["http_version"] not in _FRAMED_BY_FIELDS
            ):
                return None
            if place < 0:
                return b""
            length: bytes = values[place]
            return length if length.isdigit() else None

        return length_of

    def remember(self, scope: Any) -> None:
        """Keep the path of a request that was not refused, and the names of its fields if no value decides.

        Names that come twice are not kept: ``Host`` may not, and few others do.
        """
        path, names = scope.get("raw_path"), tuple(name for name, _ in scope["headers"])
        if path and len(path) <= self._limits.max_target_bytes // 2 and len(self._paths) < MOST_KNOWN:
            self._paths.add(path)
        is_short = len(names) <= MOST_NAMES and len(b"".join(names)) <= min(2_048, self._limits.max_header_bytes // 2)
        is_plain = b"host" in names and len(set(names)) == len(names) and _DECIDING.isdisjoint(names)
        if is_short and is_plain and len(self._lengths) < MOST_KNOWN:
            self._lengths[names] = names.index(b"content-length") if b"content-length" in names else -1
