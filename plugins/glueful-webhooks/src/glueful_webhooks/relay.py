"""The relay: from the outbox to one delivery for each endpoint that wants the event."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from glueful_orm import transaction

from . import postgres
from .catalogue import matches
from .filters import passes
from .ids import new_id
from .tables import DeliveryStatus, WebhookDelivery, WebhookEndpoint, WebhookMessage

BATCH = 100
CLOCK_DIFFERENCE = timedelta(minutes=1)
"""How much later than an event an endpoint may have been made and still get it: clocks of processes differ."""
LOCK = 0x676C_7565_7765_6268
"""Advisory lock of PostgreSQL, held while messages are relayed."""
_NEW: dict[str, Any] = {
    "attempts": 0,
    "failures": 0,
    "lease": None,
    "last_status_code": None,
    "last_failure": None,
    "delivered_at": None,
}
"""Of a delivery that was not attempted yet."""


class Relay:
    """Turns messages into deliveries, in any number of processes.

    Sequences have no gaps and are visible in their order: they are given while the endpoint's row is locked.

    Args:
        clock: the time, in UTC.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def relay(self, limit: int = BATCH) -> int:
        """Relay the oldest messages of the outbox, unless another process does.

        Returns:
            How many messages there were.
        """
        if not await WebhookMessage.where(relayed_at=None).exists():
            return 0
        async with transaction() as current:
            if current.engine.dialect == "postgres":
                # One at a time, as SQLite has it anyway: otherwise two batches could be numbered in the wrong order.
                rows = await current.engine.fetch("SELECT pg_try_advisory_xact_lock($1)", (LOCK,))
                if not rows[0][0]:
                    return 0
            messages = await WebhookMessage.where(relayed_at=None).order_by("id").limit(limit)
            if not messages:
                return 0
            wanted = await self._wanted(messages)
            if deliveries := await self._numbered(wanted):
                is_postgres = current.engine.dialect == "postgres"
                await (postgres.insert(deliveries) if is_postgres else WebhookDelivery.insert_many(deliveries))
            await WebhookMessage.where(id__in=[message.id for message in messages]).update(relayed_at=self._clock())
            return len(messages)

    async def relay_all(self) -> None:
        """Relay until the outbox is empty, or another process relays."""
        while await self.relay():
            pass

    async def _wanted(self, messages: list[WebhookMessage]) -> dict[str, list[WebhookMessage]]:
        wanted: dict[str, list[WebhookMessage]] = {}
        data: dict[str, Any] = {}
        endpoints = await _candidates(messages)
        for message in messages:
            for endpoint in endpoints:
                if not _subscribes(endpoint, message):
                    continue
                if endpoint.filters and message.endpoint_id is None:
                    if message.id not in data:
                        data[message.id] = msgspec.json.decode(message.body)["data"]
                    if not passes(endpoint.filters, data[message.id]):
                        continue
                wanted.setdefault(endpoint.id, []).append(message)
        return wanted

    async def _numbered(self, wanted: dict[str, list[WebhookMessage]]) -> list[dict[str, Any]]:
        # Locked in the order of their ids, so that two relays never wait for each other.
        locked = await WebhookEndpoint.where(id__in=sorted(wanted)).order_by("id").for_update()
        now = self._clock()
        rows: list[dict[str, Any]] = []
        for endpoint in locked:
            messages = wanted[endpoint.id]
            for offset, message in enumerate(messages, 1):
                rows.append(_delivery(endpoint, message, endpoint.last_sequence + offset, now))
            await WebhookEndpoint.where(id=endpoint.id).update(last_sequence=endpoint.last_sequence + len(messages))
        return rows


async def _candidates(messages: list[WebhookMessage]) -> list[WebhookEndpoint]:
    if all(message.endpoint_id is not None for message in messages):
        return await WebhookEndpoint.where(id__in=[message.endpoint_id for message in messages])
    if all(message.owner is not None for message in messages):
        return await WebhookEndpoint.where(owner__in=list({message.owner for message in messages}))
    return await WebhookEndpoint.all()


def _subscribes(endpoint: WebhookEndpoint, message: WebhookMessage) -> bool:
    if message.endpoint_id is not None:
        return endpoint.id == message.endpoint_id
    if message.created_at < endpoint.created_at - CLOCK_DIFFERENCE:
        return False
    if message.owner is not None and endpoint.owner != message.owner:
        return False
    return any(matches(pattern, message.event) for pattern in endpoint.patterns)


def _delivery(endpoint: WebhookEndpoint, message: WebhookMessage, sequence: int, now: datetime) -> dict[str, Any]:
    status = DeliveryStatus.PENDING if endpoint.is_enabled else DeliveryStatus.DISABLED
    return {
        "id": new_id("dlv"),
        "message_id": message.id,
        "endpoint_id": endpoint.id,
        "sequence": sequence,
        "status": status.value,
        "ordering_key": message.ordering_key,
        "next_attempt_at": now if endpoint.is_enabled else None,
        "created_at": now,
        **_NEW,
    }
