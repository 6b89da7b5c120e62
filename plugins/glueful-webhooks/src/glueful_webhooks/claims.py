"""Claims: which delivery is whose, for how long. A process that dies holds its deliveries no longer than the lease."""

from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta

import msgspec
from glueful_orm import transaction

from . import postgres
from .ids import new_id
from .tables import OPEN, WebhookDelivery, WebhookEndpoint, WebhookMessage

MOST_ENDPOINTS = 50
# In the order of an index: else PostgreSQL reads all deliveries that were ever made until it meets one that is due.
_HAS_DUE = (
    "SELECT due.endpoint_id FROM webhook_deliveries due "
    "WHERE due.endpoint_id = webhook_endpoints.id AND due.next_attempt_at <= {0} ORDER BY due.next_attempt_at LIMIT 1"
)
_FIRST_OF_ITS_KEY = (
    "SELECT one.id FROM webhook_deliveries one WHERE one.id = webhook_deliveries.id AND (one.ordering_key IS NULL "
    "OR NOT EXISTS (SELECT 1 FROM webhook_deliveries earlier WHERE earlier.endpoint_id = one.endpoint_id "
    "AND earlier.ordering_key = one.ordering_key AND earlier.sequence < one.sequence "
    "AND earlier.status IN ('pending', 'retrying')))"
)


class Claim(msgspec.Struct, frozen=True):
    """A delivery that this process may attempt until its lease ends, and what it needs for that."""

    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    message: WebhookMessage
    lease: str

    def __repr__(self) -> str:
        return f"Claim({self.delivery.id})"


class Claims:
    """Claims due deliveries, in any number of processes.

    ``FOR UPDATE SKIP LOCKED`` on PostgreSQL; SQLite lets one transaction write at a time.

    Args:
        clock: the time, in UTC.
        lease: how long a claim holds.
    """

    def __init__(self, clock: Callable[[], datetime], lease: timedelta) -> None:
        self._clock, self._lease = clock, lease
        self._after = ""

    async def claim(self, free: int, free_per_endpoint: Callable[[str], int]) -> list[Claim]:
        """Claim deliveries that are due, from endpoint to endpoint in turn.

        Args:
            free: how many at most.
            free_per_endpoint: how many at most of an endpoint.
        """
        now = self._clock()
        found = await self._endpoints(now, free_per_endpoint)
        if not found:
            return []
        taken: list[Claim] = []
        # One statement needs no transaction around it.
        is_single = len(found) == 1 and found[0].rate_per_minute is None and postgres.is_postgres()
        async with nullcontext() if is_single else transaction():
            for endpoint in found:
                room = min(free - len(taken), free_per_endpoint(endpoint.id))
                if room <= 0:
                    break
                taken += await self._of_endpoint(endpoint, room, now)
        return taken

    async def _endpoints(self, now: datetime, free_per_endpoint: Callable[[str], int]) -> list[WebhookEndpoint]:
        # In turn, so that many busy endpoints do not starve those behind them.
        due = WebhookEndpoint.where(is_enabled=True).among("id", _HAS_DUE, now).order_by("id").limit(MOST_ENDPOINTS)
        found = await due.where(id__gt=self._after)
        if self._after and len(found) < MOST_ENDPOINTS:
            known = {endpoint.id for endpoint in found}
            found += [endpoint for endpoint in await due if endpoint.id not in known]
        if found:
            self._after = found[-1].id if len(found) >= MOST_ENDPOINTS else ""
        return [
            endpoint
            for endpoint in found
            if free_per_endpoint(endpoint.id) > 0 and (endpoint.blocked_until is None or endpoint.blocked_until <= now)
        ]

    async def _of_endpoint(self, endpoint: WebhookEndpoint, room: int, now: datetime) -> list[Claim]:
        if endpoint.rate_per_minute is not None:
            room = min(room, await self._rate(endpoint.id, now))
        lease, until = new_id("ls"), now + self._lease
        if postgres.is_postgres():
            found = await postgres.claim(endpoint.id, now, room, lease, until)
            claims = [Claim(delivery, endpoint, message, lease) for delivery, message in found]
        else:
            claims = await self._by_steps(endpoint, room, now, lease)
        if claims and endpoint.rate_per_minute is not None:
            pause = timedelta(minutes=len(claims) / endpoint.rate_per_minute)
            await WebhookEndpoint.where(id=endpoint.id).update(blocked_until=now + pause)
        return claims

    async def _by_steps(self, endpoint: WebhookEndpoint, room: int, now: datetime, lease: str) -> list[Claim]:
        rows = await (
            WebhookDelivery.where(endpoint_id=endpoint.id, next_attempt_at__le=now)
            .among("id", _FIRST_OF_ITS_KEY)
            # The order of an index, and ids are made in the order of sequences: what a claim costs does not depend on
            # how many are due.
            .order_by("next_attempt_at", "id")
            .limit(room)
        )
        if not rows:
            return []
        await WebhookDelivery.where(id__in=[row.id for row in rows]).update(
            lease=lease, next_attempt_at=now + self._lease
        )
        return await _with_messages([(row, endpoint, lease) for row in rows])

    @staticmethod
    async def _rate(endpoint_id: str, now: datetime) -> int:
        """How many a limited endpoint may get at once: what a second allows; none while another process has it."""
        locked = await WebhookEndpoint.where(id=endpoint_id).for_update(skip_locked=True)
        if not locked or (locked[0].blocked_until is not None and locked[0].blocked_until > now):
            return 0
        return max(1, (locked[0].rate_per_minute or 0) // 60)

    async def claim_one(self, delivery_id: str) -> Claim | None:
        """Claim a delivery whether or not it is due; None if it is final, or somebody has it."""
        now = self._clock()
        async with transaction():
            row = await WebhookDelivery.where(id=delivery_id).for_update(skip_locked=True).first()
            if row is None or row.status not in OPEN or (row.lease is not None and row.next_attempt_at > now):
                return None
            lease = new_id("ls")
            await WebhookDelivery.where(id=delivery_id).update(lease=lease, next_attempt_at=now + self._lease)
            endpoint = await WebhookEndpoint.find_or_fail(row.endpoint_id)
        (claim,) = await _with_messages([(row, endpoint, lease)])
        return claim

    async def release(self, claims: Collection[Claim]) -> None:
        """Give claims back that were not finished: they are due at once."""
        for claim in claims:
            await WebhookDelivery.where(id=claim.delivery.id, lease=claim.lease).update(
                lease=None, next_attempt_at=self._clock()
            )


async def _with_messages(taken: Sequence[tuple[WebhookDelivery, WebhookEndpoint, str]]) -> list[Claim]:
    wanted = list({delivery.message_id for delivery, _, _ in taken})
    messages = {message.id: message for message in await WebhookMessage.where(id__in=wanted)} if wanted else {}
    return [Claim(delivery, endpoint, messages[delivery.message_id], lease) for delivery, endpoint, lease in taken]
