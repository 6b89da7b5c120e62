"""The worker: relays, claims and delivers, in any number of processes, until it is told to stop."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from glueful_orm import DatabaseError

from .claims import Claim, Claims
from .relay import BATCH, Relay
from .tables import WebhookEndpoint

if TYPE_CHECKING:
    from .settings import WebhookSettings

GREATEST_PAUSE_SECONDS = 30.0
PRUNE_EVERY_SECONDS = 3_600.0
DORMANT_SECONDS = 60.0
STEP_SECONDS = 0.004
SETTLE_SECONDS = 5.0
_log = logging.getLogger("glueful.webhooks")


class Worker:
    """Works off the outbox and the due deliveries.

    Attributes:
        name: what glueful-queue calls it where it runs beside the job worker.
        is_dormant: whether there was no endpoint, or no table, when it looked last.

    Args:
        settings: concurrency and pauses.
        relay: from messages to deliveries.
        claims: which deliveries are this process's.
        attempt: attempts one.
        settled: waits, so many seconds at most, until outcomes are stored.
        prune: removes what is kept no longer; called once an hour.
    """

    name = "webhooks.deliveries"

    def __init__(
        self,
        settings: "WebhookSettings",
        relay: Relay,
        claims: Claims,
        attempt: Callable[[Claim], Awaitable[object]],
        settled: Callable[[float], Awaitable[object]],
        prune: Callable[[], Awaitable[object]],
    ) -> None:
        self._settings, self._relay, self._claims, self._attempt = settings, relay, claims, attempt
        self._settled = settled
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._per_endpoint: Counter[str] = Counter()
        self._prune, self._pruned_at = prune, -math.inf
        self._stepped_at = -math.inf
        self._news = asyncio.Event()
        self._is_stopping = False
        self.is_dormant = False

    def wake(self) -> None:
        """Look for work now."""
        self._news.set()

    async def look(self) -> None:
        """Learn whether there is any endpoint: without one, only news and a look now and then cost anything."""
        try:
            self.is_dormant = not await WebhookEndpoint.query().exists()
        except DatabaseError as error:
            self.is_dormant = True
            _log.info("webhooks wait for the database: %s", error)

    async def run(self) -> None:
        """Work until ``stop``, also through an outage of the database."""
        pause = self._settings.poll_seconds
        await self.look()
        while not self._is_stopping:
            if self.is_dormant:
                is_news = await self._wait(DORMANT_SECONDS)
                await self.look()
                if self.is_dormant and not is_news:
                    continue
            try:
                is_busy = await self.step()
                pause = self._settings.poll_seconds
                if not is_busy and time.monotonic() - self._pruned_at >= PRUNE_EVERY_SECONDS:
                    await self._prune()
                    self._pruned_at = time.monotonic()
            except DatabaseError as error:
                _log.warning("webhooks wait for the database: %s", error)
                is_busy, pause = False, min(pause * 2, GREATEST_PAUSE_SECONDS)
            if not is_busy and not self.is_dormant:
                await self._wait(pause)

    async def _wait(self, seconds: float) -> bool:
        """Wait for news; False if there were none in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        is_news = self._news.is_set()
        self._news.clear()
        return is_news

    async def step(self) -> bool:
        """Relay what is in the outbox, and begin the deliveries that are due and for which there is room.

        Returns:
            Whether there may be more to do at once.
        """
        # Deliveries that end within a moment free their slots for one claim instead of one each.
        await asyncio.sleep(self._stepped_at + STEP_SECONDS - time.monotonic())
        self._stepped_at = time.monotonic()
        relayed = await self._relay.relay()
        free = self._settings.concurrency - len(self._running)
        claims = await self._claims.claim(free, self._free) if free > 0 and not self._is_stopping else []
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim))
            self._running[task] = claim
            self._per_endpoint[claim.endpoint.id] += 1
            task.add_done_callback(self._ended)
        return relayed >= BATCH or bool(claims)

    def _free(self, endpoint_id: str) -> int:
        return self._settings.endpoint_concurrency - self._per_endpoint[endpoint_id]

    async def _deliver(self, claim: Claim) -> None:
        try:
            await self._attempt(claim)
        except DatabaseError as error:
            # The lease ends by itself, and the delivery is attempted again: it may arrive twice, under the same id.
            _log.warning("the outcome of %s could not be stored: %s", claim.delivery.id, error)
        except Exception:
            _log.exception("the attempt of %s failed by a fault of ours", claim.delivery.id)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        claim = self._running.pop(task)
        self._per_endpoint[claim.endpoint.id] -= 1
        if not self._per_endpoint[claim.endpoint.id]:
            del self._per_endpoint[claim.endpoint.id]
        self._news.set()

    async def drain(self) -> int:
        """Work until nothing is due: for commands and tests.

        Returns:
            How many deliveries were attempted.
        """
        attempted = 0
        while True:
            before = set(self._running)
            is_busy = await self.step()
            attempted += len(set(self._running) - before)
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            elif not is_busy:
                return attempted

    async def stop(self, grace_seconds: float) -> None:
        """Begin nothing new, let what is under way end, and give back what does not end in time."""
        self._is_stopping = True
        self._news.set()
        if self._running:
            await asyncio.wait(self._running, timeout=grace_seconds)
        left = dict(self._running)
        for task in left:
            task.cancel()
        if left:
            await asyncio.gather(*left, return_exceptions=True)
        # What is acknowledged and not stored yet must not be given back: it would be sent again.
        await self._settled(SETTLE_SECONDS)
        if left:
            with suppress(DatabaseError):
                await self._claims.release(list(left.values()))
