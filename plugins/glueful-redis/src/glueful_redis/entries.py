"""How entries are stored, the same everywhere; limits on names and times."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from .errors import KeyInvalid

MAX_KEY_BYTES = 1024
MAX_TTL_SECONDS = 10 * 366 * 86_400.0

TTL: TypeAlias = float | None
"""Seconds, at least 0.001; None: for ever, which has to be asked for."""

# What is stored is the value as it is, so that a counter is one; what begins like a mark is marked as plain. An entry
# with tags carries their tokens. A token is random, and an invalidation removes it: a tag whose token is lost has been
# invalidated, never the other way round.

PLAIN, TAGGED = b"\x00", b"\x01"
MARKS = (PLAIN, TAGGED)
_ENTRY = msgspec.msgpack.Decoder(tuple[dict[str, bytes], bytes])


def plain(value: bytes) -> bytes:
    """What is stored for a value without tags."""
    return PLAIN + value if value[:1] in MARKS else value


def tagged(tokens: Mapping[str, bytes], value: bytes) -> bytes:
    """What is stored for a value with tags."""
    return TAGGED + msgspec.msgpack.encode((tokens, value))


def tags_of(raw: bytes) -> dict[str, bytes]:
    """The tags and their tokens in what is stored."""
    return _ENTRY.decode(raw[1:])[0] if raw[:1] == TAGGED else {}


def value_of(raw: bytes) -> bytes:
    """The value in what is stored."""
    if raw[:1] == TAGGED:
        return _ENTRY.decode(raw[1:])[1]
    return raw[1:] if raw[:1] == PLAIN else raw


def like(raw: bytes, value: bytes) -> bytes:
    """What is stored for another value with the same tags."""
    tokens = tags_of(raw)
    return tagged(tokens, value) if tokens else plain(value)


def integer(text: bytes) -> int | None:
    """A decimal of 64 bits in its one canonical form, or None."""
    if not text or len(text) > 20 or not text.removeprefix(b"-").isdigit():
        return None
    number = int(text)
    return number if b"%d" % number == text and -(2**63) <= number < 2**63 else None


def name_bytes(what: str, name: str) -> bytes:
    """A key, tag, lock name or channel as bytes.

    Raises:
        KeyInvalid: it is empty, longer than 1,024 bytes, or no Unicode text.
    """
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        encoded = b""
    if not 0 < len(encoded) <= MAX_KEY_BYTES:
        raise KeyInvalid(what, len(encoded), MAX_KEY_BYTES)
    return encoded


def milliseconds(ttl: TTL) -> int | None:
    """Whole milliseconds, or None for ever."""
    return None if ttl is None else whole_milliseconds(ttl)


def whole_milliseconds(seconds: float) -> int:
    """Whole milliseconds.

    Raises:
        ValueError: not greater than zero, or more than ten years.
    """
    if not 0 < seconds <= MAX_TTL_SECONDS:
        raise ValueError(f"a time to live of {seconds} seconds is not greater than 0 and at most ten years")
    return max(1, round(seconds * 1000))
