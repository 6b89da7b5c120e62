"""The event catalogue: which events there are, and what their payloads look like."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from glueful_hookspecs import refuse_not_finite

from .errors import EventDeclaredTwice, EventUndeclared, PatternInvalid, PayloadInvalid

T = TypeVar("T", bound=type[msgspec.Struct])
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
LONGEST_NAME = 128


class EventType(msgspec.Struct, frozen=True):
    """A declared event."""

    name: str
    payload: type[msgspec.Struct]
    summary: str
    description: str


DECLARED: dict[str, EventType] = {}
"""All events that were declared in this process, by name."""


def webhook_event(name: str, *, summary: str = "") -> Callable[[T], T]:
    """Declare an event: ``@webhook_event("user.created")`` above the Struct of its payload.

    Args:
        name: lower-case words joined by dots, at least two.
        summary: one sentence; by default the first line of the Struct's docstring.

    Raises:
        EventDeclaredTwice: another type has this name.
        PatternInvalid: the name has another form.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise PatternInvalid(name)

    def declare(payload: T) -> T:
        known = DECLARED.get(name)
        if known is not None and _origin(known.payload) != _origin(payload):
            raise EventDeclaredTwice(name, _origin(known.payload), _origin(payload))
        text = (payload.__doc__ or "").strip()
        DECLARED[name] = EventType(name, payload, summary or text.partition("\n")[0], text)
        return payload

    return declare


def _origin(payload: type) -> str:
    return f"{payload.__module__}.{payload.__qualname__}"


def event_type(name: str) -> EventType:
    """A declared event.

    Raises:
        EventUndeclared: there is none of this name.
    """
    try:
        return DECLARED[name]
    except KeyError:
        raise EventUndeclared(name, sorted(DECLARED)) from None


def check_pattern(pattern: str) -> str:
    """A pattern that subscribes to something: an event's name, ``user.*`` or ``*``.

    Raises:
        PatternInvalid: it has another form.
        EventUndeclared: no declared event fits.
    """
    prefix = pattern.removesuffix(".*")
    if pattern != "*" and not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", prefix):
        raise PatternInvalid(pattern)
    if pattern != "*" and not any(matches(pattern, name) for name in DECLARED):
        raise EventUndeclared(pattern, sorted(DECLARED))
    return pattern


def matches(pattern: str, event: str) -> bool:
    """Whether an event fits a pattern; ``user.*`` is for everything below ``user``."""
    return pattern in ("*", event) or (pattern.endswith(".*") and event.startswith(pattern[:-1]))


def encode_payload(event: str, payload: msgspec.Struct | Mapping[str, Any], at: datetime) -> bytes:
    """The body of a message: ``type``, ``timestamp`` and ``data``. Encoded once; every attempt sends these bytes.

    Raises:
        EventUndeclared: nobody declared the event.
        PayloadInvalid: the payload is not of the declared type.
    """
    declared = event_type(event).payload
    if not isinstance(payload, declared):
        try:
            payload = msgspec.convert(payload, declared, from_attributes=False)
        except msgspec.ValidationError as error:
            raise PayloadInvalid(event, str(error)) from None
    try:
        # What encodes need not decode as the type: attributes can be assigned without a check.
        data = msgspec.json.encode(payload)
        refuse_not_finite(data, payload)
        msgspec.json.decode(data, type=declared)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise PayloadInvalid(event, str(error)) from None
    return msgspec.json.encode({"type": event, "timestamp": at, "data": msgspec.Raw(data)})
