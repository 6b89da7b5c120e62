"""One attempt: load, sign, send, record."""

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_http import HttpClient, RequestFailed
from glueful_orm import transaction

from .claims import Claim, Claims
from .disabling import disable
from .endpoint_keys import EndpointKeys
from .errors import SealBroken
from .retry import THROTTLING, RetrySchedule, parse_retry_after
from .schemes import SignatureScheme, SignedMessage, StandardWebhooks, TimestampedHeader
from .tables import OPEN, DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage

if TYPE_CHECKING:
    from .settings import WebhookSettings

GONE = 410
_log = logging.getLogger("glueful.webhooks")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt came to."""

    delivery_id: str
    endpoint_id: str
    owner: str
    """Whose the endpoint is."""
    message_id: str
    event: str
    attempt: int
    """From 1."""
    status: DeliveryStatus
    """Of the delivery, afterwards."""
    status_code: int | None
    failure: str | None
    """A ``FailureKind``, or ``status`` for an answer that is no 2xx."""
    duration_ms: int
    next_attempt_at: datetime | None
    disabled_reason: str | None = None
    """Why this attempt disabled the endpoint; None where it did not."""

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver acknowledged it."""
        return self.status is DeliveryStatus.DELIVERED


class _Answer(msgspec.Struct, frozen=True):
    """What came back from the receiver, if anything."""

    duration_ms: int
    status_code: int | None = None
    failure: str | None = None
    body: bytes | None = None
    retry_after: datetime | None = None


class Deliverer:
    """Attempts deliveries.

    Args:
        settings: limits, schedule, headers.
        client: sends.
        keys: opens secrets.
        claims: claims a delivery that is asked for by its id.
        clock: the time, in UTC.
        fraction: for the jitter, a number from 0 to 1.
        observe: told of every outcome, after it is stored.
    """

    def __init__(
        self,
        settings: "WebhookSettings",
        client: HttpClient,
        keys: EndpointKeys,
        claims: Claims,
        clock: Callable[[], datetime],
        fraction: Callable[[], float] = random.random,
        observe: Callable[[Outcome], Awaitable[object]] | None = None,
    ) -> None:
        self._settings, self._client, self._keys = settings, client, keys
        self._claims, self._clock, self._observe = claims, clock, observe
        self._schedule = RetrySchedule(
            settings.retry_delays, settings.retry_jitter, settings.most_retry_after_seconds, fraction
        )
        made: dict[str, SignatureScheme] = {
            "standard": StandardWebhooks(),
            "timestamped": TimestampedHeader(settings.signature_header),
        }
        self._schemes = [made[name] for name in settings.schemes]

    async def deliver(self, delivery_id: str) -> Outcome | None:
        """Attempt a delivery now, and store what came of it.

        Safe to call twice, and in several processes: one of them has the claim.

        Returns:
            The outcome; None if the delivery is final, unknown, or being attempted by somebody else.
        """
        claim = await self._claims.claim_one(delivery_id)
        return None if claim is None else await self.attempt(claim)

    async def attempt(self, claim: Claim) -> Outcome | None:
        """Attempt a delivery that is claimed.

        Returns:
            The outcome; None if the delivery or its endpoint is gone, or the lease ended meanwhile: then another
            process attempts it, and its outcome counts.
        """
        delivery = await WebhookDelivery.where(id=claim.delivery_id, lease=claim.lease, status__in=OPEN).first()
        if delivery is None:
            return None
        endpoint = await WebhookEndpoint.find(delivery.endpoint_id)
        message = await WebhookMessage.find(delivery.message_id)
        if endpoint is None or message is None:
            return None
        started_at = self._clock()
        answer = await self._send(endpoint, message, started_at)
        outcome = await self._record(claim, delivery, endpoint, message, started_at, answer)
        if outcome is not None and self._observe is not None:
            await self._observe(outcome)
        return outcome

    async def _send(self, endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> _Answer:
        signed = SignedMessage(message.id, int(now.timestamp()), bytes(message.body))
        try:
            keys = self._keys.signing(endpoint.id, endpoint.sealed_keys, now)
            headers = self._keys.headers(endpoint.id, endpoint.sealed_headers)
        except SealBroken as error:
            _log.error("%s", error)
            return _Answer(0, failure="sealed")
        for scheme in self._schemes:
            headers |= scheme.headers(signed, keys)
        headers |= {
            "Content-Type": "application/json",
            "User-Agent": self._settings.user_agent,
            "X-Webhook-Event": message.event,
        }
        try:
            response = await self._client.request(
                "POST",
                endpoint.url,
                headers=headers,
                content=signed.body,
                timeout_seconds=self._settings.timeout_seconds,
                max_response_bytes=self._settings.max_response_bytes,
            )
        except RequestFailed as error:
            return _Answer(_milliseconds(self._clock() - now), failure=error.kind.value)
        is_success = 200 <= response.status < 300
        return _Answer(
            round(response.duration_seconds * 1000),
            response.status,
            None if is_success else "status",
            response.body,
            parse_retry_after(response.headers.get("retry-after"), self._clock()),
        )

    async def _record(
        self,
        claim: Claim,
        delivery: WebhookDelivery,
        endpoint: WebhookEndpoint,
        message: WebhookMessage,
        started_at: datetime,
        answer: _Answer,
    ) -> Outcome | None:
        now, number = self._clock(), delivery.attempts + 1
        is_delivered = answer.failure is None
        failures = 0 if is_delivered else delivery.failures + 1
        next_at = None if is_delivered else self._schedule.next_attempt(failures, now, answer.retry_after)
        status = DeliveryStatus.DELIVERED if is_delivered else DeliveryStatus.RETRYING
        if not is_delivered and next_at is None:
            status = DeliveryStatus.FAILED
        async with transaction():
            current: WebhookEndpoint | None = endpoint
            if not is_delivered or endpoint.failing_since is not None:
                # Before the delivery, as whoever disables an endpoint: in the other order two of them could deadlock.
                current = await WebhookEndpoint.where(id=endpoint.id).for_update().first()
            stored = await WebhookDelivery.where(id=delivery.id, lease=claim.lease, status__in=OPEN).update(
                status=status.value,
                attempts=number,
                failures=failures,
                lease=None,
                next_attempt_at=next_at,
                last_status_code=answer.status_code,
                last_failure=answer.failure,
                delivered_at=now if is_delivered else None,
            )
            if not stored:
                _log.warning("%s was attempted by another process after its lease ended", delivery.id)
                return None
            await WebhookAttempt.insert_many(
                [
                    {
                        "delivery_id": delivery.id,
                        "number": number,
                        "started_at": started_at,
                        "duration_ms": answer.duration_ms,
                        "status_code": answer.status_code,
                        "failure": answer.failure,
                        "response_body": answer.body,
                    }
                ]
            )
            reason = None if current is None else await self._judge(current, answer, failures, now)
        if reason is not None and not is_delivered:
            status, next_at = DeliveryStatus.DISABLED, None
        return Outcome(
            delivery_id=delivery.id,
            endpoint_id=endpoint.id,
            owner=endpoint.owner,
            message_id=message.id,
            event=message.event,
            attempt=number,
            status=status,
            status_code=answer.status_code,
            failure=answer.failure,
            duration_ms=answer.duration_ms,
            next_attempt_at=next_at,
            disabled_reason=reason,
        )

    async def _judge(self, endpoint: WebhookEndpoint, answer: _Answer, failures: int, now: datetime) -> str | None:
        """What an answer means for the endpoint: the reason for which it was disabled, or None."""
        if answer.failure is None:
            if endpoint.failing_since is not None:
                await WebhookEndpoint.where(id=endpoint.id).update(failing_since=None)
            return None
        changes: dict[str, Any] = {}
        since = endpoint.failing_since
        if since is None:
            since = changes["failing_since"] = now
        if answer.status_code in THROTTLING:
            changes["blocked_until"] = self._schedule.pause(failures, now, answer.retry_after)
        if changes:
            await WebhookEndpoint.where(id=endpoint.id).update(**changes)
        days = self._settings.disable_after_days
        is_failing = days > 0 and now - since >= timedelta(days=days)
        reason = "gone" if answer.status_code == GONE else "failing" if is_failing else None
        return reason if reason is not None and await disable(endpoint, reason, now) else None


def _milliseconds(duration: timedelta) -> int:
    return max(0, round(duration.total_seconds() * 1000))
