"""What JSON text may not contain, whatever type it is decoded to, found before and beside decoding.

Every test of a good body is a few passes in C over its bytes. Each is exact or errs on the careful side: a suspicion
is then settled on the decoded data.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from math import isinf
from typing import Any, NamedTuple

from .errors import BodyTooDeep, MalformedBody
from .pointer import Path
from .rules.values import DECIMAL
from .shape.leaf import Leaf
from .shape.node import Node

_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_STRING = re.compile(rb'"[^"]*"?')
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_INT64_DIGITS = b"0" * 19
_ODD_DECIMAL = re.compile(rb"[\\_+]|\"[ .]|[ .]\"")
_DECIMAL = re.compile(DECIMAL)
_LARGE_NUMBER = re.compile(rb"[0-9][eE][+]?[0-9]{3}|[0-9]{300}")
_LIMITED = frozenset({str, int, float, Decimal, dict, list})
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


def check_depth(body: bytes, limit: int) -> None:
    """Refuse JSON that is nested too deep, also where a decoder would skip it.

    Takes brackets and quotes out of the text, drops the strings, and takes away one level of ``[]`` at a time.

    Args:
        body: JSON text, perhaps malformed.
        limit: greatest depth; ``[[]]`` has depth 2.

    Raises:
        BodyTooDeep: some place is deeper.
    """
    if len(body) <= limit or (len(body) < 4_096 and body.count(b"[") + body.count(b"{") <= limit):
        return
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = body.translate(_BRACKETS, _NOT_STRUCTURE)
    if structure.count(b'""') * 2 == structure.count(b'"'):  # no string has a bracket in it
        structure = structure.translate(None, b'"')
    else:
        structure = _STRING.sub(b"", structure)
    for _ in range(limit):
        inner = structure.replace(b"[]", b"")
        if len(inner) == len(structure):
            break
        structure = inner
    if b"[]" in structure or structure.count(b"[") > limit:
        raise BodyTooDeep(limit)


def check_utf8(body: bytes) -> None:
    """Refuse text that is not UTF-8 (RFC 3629: no surrogates either), also where a decoder would skip it.

    Raises:
        MalformedBody: with the offset of the first wrong byte.
    """
    if body.isascii():
        return
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody("JSON", "invalid UTF-8", error.start) from None


class Limits(NamedTuple):
    """Which of the limits on single values a type has at all."""

    int64: bool
    text: bool
    decimal: bool = False

    @classmethod
    def of(cls, root: Node) -> "Limits":
        """Look through a whole type tree."""
        seen: set[int] = set()
        open_nodes, int64, text, decimal = [root], False, False, False
        while open_nodes:
            node = open_nodes.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            int64 = int64 or node.limits("int64")
            text = text or node.limits("nul") or node.limits("too_long")
            decimal = decimal or (isinstance(node, Leaf) and node.limits("decimal"))
            open_nodes.extend(node.below())
        return cls(int64, text, decimal)


def is_suspicious(body: bytes, limits: Limits, max_string_length: int) -> bool:
    """Whether JSON text may hold a value beyond the limits: an integer of more than 64 bits, NUL, a very long string.

    Args:
        body: valid JSON text.
        limits: those that the type has.
        max_string_length: in characters.
    """
    if limits.int64 and len(body) >= len(_INT64_DIGITS) and _INT64_DIGITS in body.translate(_DIGITS_TO_ZERO):
        return True
    if limits.decimal and (not body.isascii() or _ODD_DECIMAL.search(body)):
        return True
    if not limits.text:
        return False
    has_escapes = b"\\" in body
    if has_escapes and b"\\u0000" in body:
        return True
    if len(body) <= max_string_length:
        return False
    # A string of that many bytes covers a whole window of half the size, in which there is no quote then.
    text = body.replace(b'\\"', b"  ") if has_escapes else body
    window = max(max_string_length // 2, 1)
    return any(text.find(b'"', start, start + window) < 0 for start in range(0, len(text) - window + 1, window))


def may_be_infinite(body: bytes) -> bool:
    """Whether JSON text may hold a number beyond a float, as 1e999 is."""
    return _LARGE_NUMBER.search(body) is not None


class Offence(NamedTuple):
    """A value beyond the limits."""

    path: Path
    kind: str
    """``"int64"``, ``"number"``, ``"decimal"``, ``"nul"`` or ``"too_long"``."""


def find_offences(data: Any, root: Node, max_string_length: int) -> Iterator[Offence]:
    """Find the values beyond the limits in decoded plain data, leaving out members that the type ignores.

    Args:
        data: what JSON says: dicts, lists, strings, numbers …
        root: the type.
        max_string_length: in characters.
    """
    for path, kind in _scan(data, max_string_length):
        nodes = [root]
        for step in path:
            nodes = [child for node in nodes for child in node.children(step)]
        if any(node.limits(kind) for node in nodes):
            yield Offence(path, kind)


def _scan(data: Any, max_string_length: int) -> Iterator[Offence]:
    """Every value beyond the limits, whatever its type says. Not recursive; builds a path only for what it finds."""
    todo: list[tuple[Any, Any]] = [(data, None)]
    while todo:
        value, trail = todo.pop()
        kind = type(value)
        if kind is dict:
            for name, member in value.items():
                if type(name) is str and "\x00" in name:
                    yield Offence(_path((trail, name)), "nul")
                if type(member) in _LIMITED:
                    todo.append((member, (trail, name)))
        elif kind is list:
            todo.extend((item, (trail, index)) for index, item in enumerate(value) if type(item) in _LIMITED)
        elif kind is int:
            if not _INT64_MIN <= value <= _INT64_MAX:
                yield Offence(_path(trail), "int64")
        elif kind is str:
            if "\x00" in value:
                yield Offence(_path(trail), "nul")
            if len(value) > max_string_length:
                yield Offence(_path(trail), "too_long")
            elif is_odd_decimal(value):
                yield Offence(_path(trail), "decimal")
        elif kind in (float, Decimal) and isinf(float(value)):
            yield Offence(_path(trail), "number")


def is_odd_decimal(text: str) -> bool:
    """Whether Python reads text as a number though it is not spelled as one: ``1_0``, `` 1``, full-width digits."""
    if not text or not (text[-1].isdigit() or text[-1].isspace() or text[-1] in "._") or _DECIMAL.fullmatch(text):
        return False
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


def _path(trail: Any) -> Path:
    steps: list[str | int] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    return tuple(reversed(steps))
