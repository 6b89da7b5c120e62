"""What was sent, and sending it again: deliveries, attempts, replay, and the stream that consumers pull."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from glueful_orm import Query

from .errors import DeliveryNotFound
from .tables import DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookMessage

MOST_EVENTS = 100
RESENT_AT_ONCE = 500
WAITING = (DeliveryStatus.FAILED.value, DeliveryStatus.DISABLED.value)
_OF_OWNER = "SELECT id FROM webhook_endpoints WHERE owner = {0}"


class PulledEvent(msgspec.Struct, frozen=True):
    """An event as a consumer pulls it."""

    sequence: int
    """Position in the endpoint's stream: without gaps, until retention removes the oldest."""
    message_id: str
    status: str
    body: msgspec.Raw
    """The very body that is, or was, delivered."""


class History:
    """Reads and repeats deliveries.

    Args:
        clock: the time, in UTC.
        wake: called once there is something to deliver.
    """

    def __init__(self, clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._clock, self._wake = clock, wake

    def deliveries(
        self,
        *,
        owner: str | None = None,
        endpoint_id: str | None = None,
        status: str | None = None,
        before: str | None = None,
    ) -> Query[WebhookDelivery]:
        """Deliveries, the newest first.

        Args:
            owner: of the endpoint; None for all.
            endpoint_id: None for all.
            status: None for all.
            before: the last id that the caller has; None to begin with the newest.
        """
        query = WebhookDelivery.query().order_by("-id")
        if owner is not None:
            query = query.among("endpoint_id", _OF_OWNER, owner)
        if endpoint_id is not None:
            query = query.where(endpoint_id=endpoint_id)
        if status is not None:
            query = query.where(status=str(status))
        return query if before is None else query.where(id__lt=before)

    async def delivery(self, delivery_id: str, *, owner: str | None = None) -> WebhookDelivery:
        """One delivery; another owner's is as unknown as one that does not exist.

        Raises:
            DeliveryNotFound: there is none, or its endpoint is another owner's.
        """
        found = await self.deliveries(owner=owner).where(id=delivery_id).first()
        if found is None:
            raise DeliveryNotFound
        return found

    async def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        """The attempts of a delivery, the first one first."""
        return await WebhookAttempt.where(delivery_id=delivery_id).order_by("number", "id")

    async def retry(self, delivery_id: str, *, owner: str | None = None) -> None:
        """Deliver once more, at once and with a schedule from its beginning, whatever became of it before.

        Raises:
            DeliveryNotFound: there is none, or its endpoint is another owner's.
        """
        await self.delivery(delivery_id, owner=owner)
        await self._resend([delivery_id])
        self._wake()

    async def recover(self, endpoint_id: str, since: datetime) -> int:
        """Deliver what failed, or waits since the endpoint was disabled.

        Args:
            endpoint_id: whose.
            since: nothing older.

        Returns:
            How many deliveries.
        """
        return await self._resend_all(endpoint_id, since, WAITING)

    async def replay(self, endpoint_id: str, since: datetime) -> int:
        """Deliver everything again, also what was delivered; receivers know duplicates by their id.

        Returns:
            How many deliveries.
        """
        return await self._resend_all(endpoint_id, since, (*WAITING, DeliveryStatus.DELIVERED.value))

    async def _resend_all(self, endpoint_id: str, since: datetime, statuses: Sequence[str]) -> int:
        ids = await (
            WebhookDelivery.where(endpoint_id=endpoint_id, created_at__ge=since, status__in=statuses)
            .order_by("sequence")
            .pluck("id")
        )
        count = 0
        for start in range(0, len(ids), RESENT_AT_ONCE):
            count += await self._resend(ids[start : start + RESENT_AT_ONCE])
        self._wake()
        return count

    async def _resend(self, ids: Sequence[str]) -> int:
        return await WebhookDelivery.where(id__in=ids, lease=None).update(
            status=DeliveryStatus.PENDING.value, failures=0, next_attempt_at=self._clock(), delivered_at=None
        )

    async def events(self, endpoint_id: str, after: int = 0, limit: int = MOST_EVENTS) -> list[PulledEvent]:
        """The stream of an endpoint from a sequence on, for a consumer that heals its gaps by pulling.

        Args:
            endpoint_id: whose.
            after: the last sequence that the consumer has.
            limit: 1 to 100.
        """
        rows = await (
            WebhookDelivery.where(endpoint_id=endpoint_id, sequence__gt=after)
            .order_by("sequence")
            .limit(min(max(limit, 1), MOST_EVENTS))
        )
        messages = {m.id: m for m in await WebhookMessage.where(id__in=[row.message_id for row in rows])}
        return [
            PulledEvent(row.sequence, row.message_id, row.status, msgspec.Raw(bytes(messages[row.message_id].body)))
            for row in rows
            if row.message_id in messages
        ]

    async def stats(self, endpoint_id: str) -> dict[str, int]:
        """Number of deliveries by status; all statuses are named."""
        counts: dict[Any, int] = await WebhookDelivery.where(endpoint_id=endpoint_id).count_by("status")
        return {status.value: counts.get(status.value, 0) for status in DeliveryStatus}
