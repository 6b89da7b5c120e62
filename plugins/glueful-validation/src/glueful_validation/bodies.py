"""From the bytes of a body to a value of the declared type, or to everything that is wrong with it."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from .errors import BodyTooDeep, MalformedBody
from .pointer import path_in
from .screening import Limits, check_depth, check_utf8, find_offences, is_suspicious, may_be_infinite
from .settings import ValidationSettings
from .shape.node import Node
from .shape.walk import EnoughErrors, Found, Pending, Walk, no_sibling

Prepare = Callable[[Any], Any]
"""Changes plain data before it is decoded."""

_AT_BYTE = re.compile(r"(?:JSON is|MessagePack data is) malformed: ([a-z0-9 :'-]*).*\(byte (\d+)\)")
_LONG_INTEGER = re.compile(rb"[0-9]{4000,}")


class Read(NamedTuple):
    """What is left to do with a body. One that is good and has no rules comes as its value alone."""

    value: Any
    """Of the declared type; only if there are no errors."""
    errors: list[Found]
    pending: list[Pending]
    """Rules that are still to run, on the whole value or, if there are errors, on the parts that have none."""
    is_complete: bool = True
    """False if there are more errors than are listed."""
    plain: Any = None
    """The plain data, where it was needed."""


class BodyReader:
    """Reads bodies of one type.

    Args:
        annotation: the type.
        tree: its tree.
        settings: limits.
        dec_hook: makes types that msgspec does not know.
        max_depth: greatest nesting.
        prepare: changes the plain data first; costs a second step.
    """

    lax = False
    """Whether text stands for other types."""

    def __init__(
        self,
        annotation: Any,
        tree: Node,
        settings: ValidationSettings,
        dec_hook: Callable[[type, Any], Any] | None,
        max_depth: int,
        prepare: Prepare | None = None,
    ) -> None:
        self.annotation = annotation
        self.tree = tree
        self.settings = settings
        self.dec_hook = dec_hook
        self.max_depth = max_depth
        self.prepare = prepare
        self.limits = Limits.of(tree)

    def convert(self, plain: Any) -> Any:
        """Read plain data: the value, or a ``Read``."""
        walk = Walk(1, dec_hook=self.dec_hook)
        try:
            value = self.tree.decoded(plain, walk)
        except msgspec.ValidationError as error:
            return self.explain(plain, error)
        return self.accept(value, plain)

    def accept(self, value: Any, plain: Any) -> Any:
        """A value that msgspec accepted: look at the limits and find its rules. The value again, or a ``Read``.

        Args:
            value: as decoded.
            plain: the plain data where it is suspicious, else ``msgspec.UNSET``.
        """
        offences, is_complete = (
            ([], True) if plain is msgspec.UNSET else self._offences(plain, self.settings.max_errors)
        )
        pending: list[Pending] = []
        if self.tree.has_rules:
            value = self.tree.gather(value, (), "", no_sibling, pending)
        if offences:
            return Read(None, offences, _elsewhere(pending, offences), is_complete, plain)
        return Read(value, [], pending) if pending else value

    def explain(self, plain: Any, error: msgspec.ValidationError | None, *, is_suspicious: bool = True) -> Read:
        """Find every error in plain data.

        Args:
            plain: the data.
            error: how msgspec refused it; None if it was not asked.
            is_suspicious: False if no value in it is beyond the limits.
        """
        walk = Walk(self.settings.max_errors, lax=self.lax, dec_hook=self.dec_hook)
        is_complete = True
        try:
            self._collect(plain, walk)
        except EnoughErrors:
            is_complete = False
        except RecursionError:
            walk.errors.clear()
        if is_complete and is_suspicious:
            offences, is_complete = self._offences(plain, self.settings.max_errors - len(walk.errors))
            places = {found.path for found in walk.errors}
            walk.errors.extend(offence for offence in offences if offence.path not in places)
        if not walk.errors and error is not None:
            walk.errors.append(Found(path_in(str(error)), "invalid"))
        return Read(None, walk.errors, _elsewhere(walk.pending, walk.errors), is_complete, plain)

    def _collect(self, plain: Any, walk: Walk) -> None:
        """Unless msgspec accepts the data, which it does where of two members with one name only the first is bad."""
        if not self.lax:
            try:
                walk.judge(plain, self.annotation, as_json=self.tree.counts_distinct)
            except msgspec.ValidationError as refusal:
                walk.learn((), refusal)
            else:
                return
        self.tree.collect(plain, (), walk)

    def _offences(self, plain: Any, limit: int) -> tuple[list[Found], bool]:
        found: list[Found] = []
        for path, kind in find_offences(plain, self.tree, self.settings.max_string_length):
            if len(found) >= limit:
                return found, False
            found.append(Found(path, kind, {"max": self.settings.max_string_length} if kind == "too_long" else {}))
        return found, True


class JSONReader(BodyReader):
    """Reads JSON (RFC 8259), strictly: ``"1"`` and ``1.0`` are no integers. Of repeated names the last one counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._decode = msgspec.json.Decoder(self.annotation, strict=True, dec_hook=self.dec_hook).decode
        self._is_limited = self.limits.int64 or self.limits.text or self.limits.decimal
        self._plain_decoder = msgspec.json.Decoder(float_hook=_float)

    def read(self, body: bytes) -> Any:
        """Decode in one step; only a body that is refused or suspicious is decoded to plain data as well.

        Returns:
            The value, or a ``Read`` where something is left to do.

        Raises:
            MalformedBody: it is not JSON.
            BodyTooDeep: it is nested too deep.
        """
        if len(body) > self.max_depth:
            check_depth(body, self.max_depth)
        if not body.isascii():
            check_utf8(body)
        if self.prepare is not None:
            return self.convert(self.prepare(self._plain(body)))
        try:
            value = self._decode(body)
        except msgspec.ValidationError as error:
            suspicious = self._is_suspicious(body) or may_be_infinite(body)
            return self.explain(self._plain(body), error, is_suspicious=suspicious)
        except msgspec.DecodeError as error:
            raise malformed(error, "JSON", len(body)) from error
        except RecursionError:
            raise BodyTooDeep(self.max_depth) from None
        if self._is_suspicious(body):
            return self.accept(value, self._plain(body))
        return self.accept(value, msgspec.UNSET) if self.tree.has_rules else value

    def _is_suspicious(self, body: bytes) -> bool:
        return self._is_limited and is_suspicious(body, self.limits, self.settings.max_string_length)

    def _plain(self, body: bytes) -> Any:
        try:
            return self._plain_decoder.decode(body)
        except msgspec.ValidationError:
            # An integer of more than 4,300 digits is the one value that no Python type takes. Any other one beyond 64
            # bits is refused at the same place.
            return self._plain_decoder.decode(_LONG_INTEGER.sub(b"9" * 30, body))
        except msgspec.DecodeError as error:
            raise malformed(error, "JSON", len(body)) from error
        except RecursionError:
            raise BodyTooDeep(self.max_depth) from None


class MessagePackReader(BodyReader):
    """Reads MessagePack, in two steps, because its nesting is not seen in the bytes."""

    def read(self, body: bytes) -> Any:
        """Decode to plain data, then to the type: the value, or a ``Read``.

        Raises:
            MalformedBody: it is not MessagePack.
            BodyTooDeep: it is nested too deep.
        """
        try:
            plain = msgspec.msgpack.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise malformed(error, "MessagePack", len(body)) from error
        except RecursionError:
            raise BodyTooDeep(self.max_depth) from None
        except TypeError as error:
            raise MalformedBody("MessagePack", "a map has a key that is no string") from error
        if _depth_exceeds(plain, self.max_depth):
            raise BodyTooDeep(self.max_depth)
        if self.prepare is not None:
            plain = self.prepare(plain)
        return self.convert(plain)


class FormReader(BodyReader):
    """Reads the fields of a form: text that stands for other types."""

    lax = True

    def convert(self, plain: Any) -> Any:
        """Look at each field first: msgspec alone would take more spellings than the published schema."""
        read = self.explain(plain, None)
        if read.errors:
            return read
        try:
            value = msgspec.convert(plain, self.annotation, strict=False, dec_hook=self.dec_hook, str_keys=True)
        except msgspec.ValidationError as error:
            return self.explain(plain, error)
        return self.accept(value, msgspec.UNSET)

    def read(self, fields: Any) -> Any:
        """Convert fields to the value, or a ``Read``; a field for an array is a list, all others are single values."""
        return self.convert(self.prepare(fields) if self.prepare is not None else fields)


def _elsewhere(pending: list[Pending], errors: list[Found]) -> list[Pending]:
    """The rules of values that have no error themselves."""
    places = {error.path for error in errors}
    return [item for item in pending if item.path not in places]


def _float(text: str) -> float | Decimal:
    """A number with a fraction or exponent; as a Decimal where a float would be infinite."""
    number = float(text)
    if isfinite(number):
        return number
    try:
        return Decimal(text)
    except InvalidOperation:  # the exponent is beyond even that
        return Decimal("-Infinity" if text.startswith("-") else "Infinity")


def _depth_exceeds(plain: Any, limit: int) -> bool:
    level = [plain]
    for _ in range(limit):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def malformed(error: BaseException, kind: str, length: int) -> MalformedBody:
    """The decoder's own words name no part of the body; an offset is in them unless the text ends too early."""
    if isinstance(error, UnicodeDecodeError):
        return MalformedBody(kind, "invalid UTF-8")
    text = str(error)
    if match := _AT_BYTE.fullmatch(text):
        return MalformedBody(kind, match[1].strip(), int(match[2]))
    if "truncated" in text:
        return MalformedBody(kind, "the text ends too early, or an escaped surrogate has no partner", length)
    return MalformedBody(kind, "it cannot be decoded")
