"""Storing what attempts came to; those that end within a few milliseconds share a transaction."""

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_orm import DatabaseError, transaction

from . import postgres
from .claims import Claim
from .disabling import disable
from .outcome import Answer, Outcome
from .retry import THROTTLING, RetrySchedule
from .tables import OPEN, DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint

if TYPE_CHECKING:
    from .settings import WebhookSettings

GONE = 410
MOST_AT_ONCE = 100
GATHER_SECONDS = 0.01
"""From the beginning of one transaction to that of the next: what ends in between is stored together."""
FIRST_PAUSE_SECONDS, GREATEST_PAUSE_SECONDS = 0.05, 1.0
_log = logging.getLogger("glueful.webhooks")


class Attempt(msgspec.Struct, frozen=True):
    """A claimed delivery, and what came back."""

    claim: Claim
    started_at: datetime
    answer: Answer


class Recorder:
    """Stores outcomes, and decides on retries and on endpoints.

    Args:
        settings: when an endpoint is disabled.
        schedule: when a failed delivery is tried again.
        clock: the time, in UTC.
    """

    def __init__(self, settings: "WebhookSettings", schedule: RetrySchedule, clock: Callable[[], datetime]) -> None:
        self._settings, self._schedule, self._clock = settings, schedule, clock
        self._waiting: list[tuple[Attempt, asyncio.Future[Outcome | None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._stored_at = -math.inf

    async def record(self, attempt: Attempt) -> Outcome | None:
        """Store an attempt; returns once it is committed.

        While the database cannot be reached it is kept and stored again, as long as its lease: what was acknowledged
        would otherwise be sent a second time. It is stored even if the caller is cancelled.

        Returns:
            The outcome; None if the lease ended meanwhile: then another process attempts it, and its outcome counts.

        Raises:
            DatabaseError: it could not be stored.
        """
        future: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((attempt, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await future

    async def settled(self, seconds: float) -> None:
        """Wait until nothing is being stored, and give up what cannot be stored in time."""
        if (writer := self._writer) is not None:
            await asyncio.wait([writer], timeout=seconds)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _write(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._stored_at + GATHER_SECONDS - time.monotonic())
                self._stored_at = time.monotonic()
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._write_batch(batch)
        finally:
            self._writer = None

    async def _write_batch(self, batch: Sequence[tuple[Attempt, "asyncio.Future[Outcome | None]"]]) -> None:
        try:
            outcomes = await self._store_through_an_outage([attempt for attempt, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _store_through_an_outage(self, attempts: Sequence[Attempt]) -> list[Outcome | None]:
        deadline, pause = time.monotonic() + self._settings.lease_seconds, FIRST_PAUSE_SECONDS
        is_repeated = False
        while True:
            try:
                return await self._store(attempts, is_repeated=is_repeated)
            except DatabaseError as error:
                if time.monotonic() + pause > deadline:
                    raise
                if not is_repeated:
                    _log.warning("%d outcomes of webhooks wait for the database: %s", len(attempts), error)
            is_repeated = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, GREATEST_PAUSE_SECONDS)

    async def _store(self, attempts: Sequence[Attempt], *, is_repeated: bool) -> list[Outcome | None]:
        now = self._clock()
        # The connection may have been lost after the commit and before its answer.
        known = await self._stored_before(attempts) if is_repeated else set()
        outcomes = [self._outcome(one, now) for one in attempts]
        to_lock = _endpoints_to_lock(attempts)
        if not to_lock and postgres.is_postgres():
            # One statement needs no transaction around it.
            stored = await self._stored(attempts, outcomes, now)
        else:
            async with transaction():
                # Endpoints before deliveries, as whoever disables an endpoint: in the other order two could deadlock.
                locked = WebhookEndpoint.where(id__in=to_lock).order_by("id").for_update()
                endpoints = {row.id: row for row in await locked} if to_lock else {}
                stored = await self._stored(attempts, outcomes, now)
                for index, one in enumerate(attempts):
                    if _claimed(one) in stored:
                        reason = await self._judge(endpoints.get(one.claim.endpoint.id), one, now)
                        if reason is not None:
                            outcomes[index] = _disabled(outcomes[index], reason)
        return [
            outcome if _counts(one, stored, known) else None for one, outcome in zip(attempts, outcomes, strict=True)
        ]

    @staticmethod
    async def _stored_before(attempts: Sequence[Attempt]) -> set[tuple[str, datetime]]:
        ids = [one.claim.delivery.id for one in attempts]
        return {(row.delivery_id, row.started_at) for row in await WebhookAttempt.where(delivery_id__in=ids)}

    async def _stored(
        self, attempts: Sequence[Attempt], outcomes: Sequence[Outcome], now: datetime
    ) -> set[tuple[str, str]]:
        """Store those whose leases still hold; ids and leases of these."""
        if postgres.is_postgres():
            return await postgres.store(
                [_row(one, outcome, now) for one, outcome in zip(attempts, outcomes, strict=True)]
            )
        leases = await self._locked_leases(attempts)
        mine = {
            (outcome.delivery_id, one.claim.lease): (one, outcome)
            for one, outcome in zip(attempts, outcomes, strict=True)
            if leases.get(outcome.delivery_id) == one.claim.lease
        }
        await self._update(list(mine.values()), now)
        if mine:
            await WebhookAttempt.insert_many([_attempt_row(one) for one, _ in mine.values()])
        return set(mine)

    @staticmethod
    async def _locked_leases(attempts: Sequence[Attempt]) -> dict[str, str]:
        ids = [one.claim.delivery.id for one in attempts]
        rows = await WebhookDelivery.where(id__in=ids, status__in=OPEN)
        return {row.id: row.lease for row in rows if row.lease is not None}

    def _outcome(self, attempt: Attempt, now: datetime) -> Outcome:
        delivery, endpoint, message = attempt.claim.delivery, attempt.claim.endpoint, attempt.claim.message
        answer, next_at = attempt.answer, None
        status = DeliveryStatus.DELIVERED
        if answer.failure is not None:
            next_at = self._schedule.next_attempt(delivery.failures + 1, now, answer.retry_after)
            status = DeliveryStatus.FAILED if next_at is None else DeliveryStatus.RETRYING
        return Outcome(
            delivery_id=delivery.id,
            endpoint_id=endpoint.id,
            owner=endpoint.owner,
            message_id=message.id,
            event=message.event,
            attempt=delivery.attempts + 1,
            status=status,
            status_code=answer.status_code,
            failure=answer.failure,
            duration_ms=answer.duration_ms,
            next_attempt_at=next_at,
        )

    @staticmethod
    async def _update(mine: Sequence[tuple[Attempt, Outcome]], now: datetime) -> None:
        same: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for one, found in mine:
            values = (
                *(found.status, found.attempt, _failures(one, found)),
                *(found.next_attempt_at, found.status_code, found.failure),
            )
            same[values].append(found.delivery_id)
        for (status, number, failures, next_at, status_code, failure), ids in same.items():
            await WebhookDelivery.where(id__in=ids).update(
                status=status.value,
                attempts=number,
                failures=failures,
                lease=None,
                next_attempt_at=next_at,
                last_status_code=status_code,
                last_failure=failure,
                delivered_at=now if status is DeliveryStatus.DELIVERED else None,
            )

    async def _judge(self, endpoint: WebhookEndpoint | None, attempt: Attempt, now: datetime) -> str | None:
        """What an answer means for its endpoint: the reason for which it was disabled, or None."""
        if endpoint is None:
            return None
        answer = attempt.answer
        if answer.failure is None:
            if endpoint.failing_since is not None:
                await WebhookEndpoint.where(id=endpoint.id).update(failing_since=None)
                endpoint.failing_since = None
            return None
        changes: dict[str, Any] = {}
        since = endpoint.failing_since
        if since is None:
            since = endpoint.failing_since = changes["failing_since"] = now
        if answer.status_code in THROTTLING:
            failures = attempt.claim.delivery.failures + 1
            changes["blocked_until"] = self._schedule.pause(failures, now, answer.retry_after)
        if changes:
            await WebhookEndpoint.where(id=endpoint.id).update(**changes)
        days = self._settings.disable_after_days
        is_failing = days > 0 and now - since >= timedelta(days=days)
        reason = "gone" if answer.status_code == GONE else "failing" if is_failing else None
        return reason if reason is not None and await disable(endpoint, reason, now) else None


def _name(attempt: Attempt) -> tuple[str, datetime]:
    return attempt.claim.delivery.id, attempt.started_at


def _claimed(attempt: Attempt) -> tuple[str, str]:
    return attempt.claim.delivery.id, attempt.claim.lease


def _counts(attempt: Attempt, stored: set[tuple[str, str]], known: set[tuple[str, datetime]]) -> bool:
    if _claimed(attempt) in stored or _name(attempt) in known:
        return True
    _log.warning("%s was attempted by another process after its lease ended", attempt.claim.delivery.id)
    return False


def _endpoints_to_lock(attempts: Sequence[Attempt]) -> list[str]:
    """Those that an answer may change."""
    return sorted(
        {
            one.claim.endpoint.id
            for one in attempts
            if one.answer.failure is not None or one.claim.endpoint.failing_since is not None
        }
    )


def _failures(attempt: Attempt, outcome: Outcome) -> int:
    return 0 if outcome.is_delivered else attempt.claim.delivery.failures + 1


def _row(attempt: Attempt, outcome: Outcome, now: datetime) -> tuple[Any, ...]:
    """As ``postgres.store`` takes it."""
    answer = attempt.answer
    return (
        outcome.delivery_id,
        attempt.claim.lease,
        outcome.status.value,
        outcome.attempt,
        _failures(attempt, outcome),
        outcome.next_attempt_at,
        answer.status_code,
        answer.failure,
        now if outcome.is_delivered else None,
        attempt.started_at,
        answer.duration_ms,
        answer.body,
    )


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "delivery_id": attempt.claim.delivery.id,
        "number": attempt.claim.delivery.attempts + 1,
        "started_at": attempt.started_at,
        "duration_ms": attempt.answer.duration_ms,
        "status_code": attempt.answer.status_code,
        "failure": attempt.answer.failure,
        "response_body": attempt.answer.body,
    }


def _disabled(outcome: Outcome, reason: str) -> Outcome:
    return msgspec.structs.replace(
        outcome, status=DeliveryStatus.DISABLED, next_attempt_at=None, disabled_reason=reason
    )
