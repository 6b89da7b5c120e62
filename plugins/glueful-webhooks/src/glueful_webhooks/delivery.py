"""One attempt: sign, send, have it recorded."""

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from glueful_http import HttpClient, RequestFailed

from .claims import Claim, Claims
from .endpoint_keys import EndpointKeys
from .errors import SealBroken
from .outcome import Answer, Outcome
from .recording import Attempt, Recorder
from .retry import RetrySchedule, parse_retry_after
from .schemes import SignatureScheme, SignedMessage, StandardWebhooks, TimestampedHeader

if TYPE_CHECKING:
    from .settings import WebhookSettings

_log = logging.getLogger("glueful.webhooks")


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
        schedule = RetrySchedule(
            settings.retry_delays, settings.retry_jitter, settings.most_retry_after_seconds, fraction
        )
        self.recorder = Recorder(settings, schedule, clock)
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

    async def attempt(self, claim: Claim, acknowledged: Callable[[], None] | None = None) -> Outcome | None:
        """Attempt a delivery that is claimed.

        Args:
            claim: of this process.
            acknowledged: called as soon as the receiver has, before that is stored.

        Returns:
            The outcome; None if the lease ended meanwhile: then another process attempts it, and its outcome counts.

        Raises:
            DatabaseError: the outcome could not be stored; the lease ends by itself, and the delivery is due again.
        """
        started_at = self._clock()
        answer = await self._send(claim, started_at)
        if answer.failure is None and acknowledged is not None:
            acknowledged()
        outcome = await self.recorder.record(Attempt(claim, started_at, answer))
        if outcome is not None and self._observe is not None:
            await self._observe(outcome)
        return outcome

    async def _send(self, claim: Claim, now: datetime) -> Answer:
        endpoint, message = claim.endpoint, claim.message
        signed = SignedMessage(message.id, int(now.timestamp()), bytes(message.body))
        try:
            keys = self._keys.signing(endpoint.id, endpoint.sealed_keys, now)
            headers = self._keys.headers(endpoint.id, endpoint.sealed_headers)
        except SealBroken as error:
            _log.error("%s", error)
            return Answer(0, failure="sealed")
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
            return Answer(_milliseconds(self._clock() - now), failure=error.kind.value)
        is_success = 200 <= response.status < 300
        return Answer(
            round(response.duration_seconds * 1000),
            response.status,
            None if is_success else "status",
            response.body,
            parse_retry_after(response.headers.get("retry-after"), self._clock()),
        )


def _milliseconds(duration: timedelta) -> int:
    return max(0, round(duration.total_seconds() * 1000))
