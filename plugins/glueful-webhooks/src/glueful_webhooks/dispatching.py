"""Sending an event: one row in the caller's transaction, and nothing else."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_orm import after_commit

from .catalogue import DECLARED, encode_payload
from .errors import EventUndeclared, PayloadInvalid
from .ids import new_id
from .tables import WebhookMessage

if TYPE_CHECKING:
    from .settings import WebhookSettings


class Dispatcher:
    """Writes messages into the outbox.

    Args:
        settings: limits.
        clock: the time, in UTC.
        wake: called once a message is committed, in the process that sent it.
    """

    def __init__(self, settings: "WebhookSettings", clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._settings, self._clock, self._wake = settings, clock, wake

    async def dispatch(
        self,
        event: str | msgspec.Struct,
        payload: msgspec.Struct | Mapping[str, Any] | None = None,
        *,
        owner: str | None = None,
        ordering_key: str | None = None,
        endpoint_id: str | None = None,
    ) -> str:
        """Send an event to all endpoints that subscribe to it.

        Inside a transaction it is sent if and only if that is committed; a process that dies afterwards loses nothing.

        Args:
            event: name of a declared event, or the payload itself, whose type tells the name.
            payload: of the declared type, or plain data that fits it.
            owner: only to endpoints of this owner; None for those of all.
            ordering_key: deliveries with one key reach an endpoint one after the other, in the order of their sending;
                one that fails holds up the later ones.
            endpoint_id: only to this endpoint, whatever it subscribes to.

        Returns:
            The id of the message, which receivers see as ``webhook-id``.

        Raises:
            EventUndeclared: nobody declared the event.
            PayloadInvalid: the payload is not of the declared type, or larger than ``max_payload_bytes``.
        """
        if isinstance(event, msgspec.Struct):
            name, payload = name_of_type(type(event)), event
        else:
            name = event
        body = encode_payload(name, payload if payload is not None else {}, self._clock())
        if len(body) > self._settings.max_payload_bytes:
            raise PayloadInvalid(name, f"has {len(body)} bytes; allowed are {self._settings.max_payload_bytes}")
        message_id = new_id("msg")
        row = {
            "id": message_id,
            "event": name,
            "owner": owner,
            "endpoint_id": endpoint_id,
            "ordering_key": ordering_key,
            "body": body,
            "created_at": self._clock(),
        }
        await WebhookMessage.insert_many([row])
        await after_commit(self._wake)
        return message_id


def name_of_type(payload: type) -> str:
    """The event that a Struct was declared for.

    Raises:
        EventUndeclared: none.
    """
    for name, declared in DECLARED.items():
        if declared.payload is payload:
            return name
    raise EventUndeclared(payload.__name__, sorted(DECLARED))
