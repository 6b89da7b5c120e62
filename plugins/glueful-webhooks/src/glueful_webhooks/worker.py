"""The worker: relays, claims and delivers, in any number of processes, until it is told to stop."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from glueful_orm import DatabaseError

from . import postgres
from .claims import Claim, Claims
from .relay import BATCH, Relay
from .slots import Slots
from .tables import WebhookEndpoint

if TYPE_CHECKING:
    from .settings import WebhookSettings

GREATEST_PAUSE_SECONDS = 30.0
PRUNE_EVERY_SECONDS = 3_600.0
DORMANT_SECONDS = 60.0
STEP_SECONDS = 0.004
"""Shortest time between two claims, while anything is being sent."""
GATHER_SECONDS = 0.02
"""How long slots are gathered, so that one claim takes several deliveries."""
MOST_UNSTORED = 4
"""Times ``concurrency``: deliveries that are sent or wait to be stored."""
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
        attempt: attempts one, and calls what it is given as soon as the receiver has acknowledged it.
        settled: waits, so many seconds at most, until outcomes are stored.
        prune: removes what is kept no longer; called once an hour.
        hear: calls what it is given whenever another process has news, until it is cancelled.
    """

    name = "webhooks.deliveries"

    def __init__(
        self,
        settings: "WebhookSettings",
        relay: Relay,
        claims: Claims,
        attempt: Callable[[Claim, Callable[[], None]], Awaitable[object]],
        settled: Callable[[float], Awaitable[object]],
        prune: Callable[[], Awaitable[object]],
        hear: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
    ) -> None:
        self._settings, self._relay, self._claims, self._attempt = settings, relay, claims, attempt
        self._settled, self._hear = settled, hear
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._slots = Slots(settings.concurrency, settings.endpoint_concurrency, self._freed)
        self._half = math.ceil(settings.concurrency / 2)
        self._prune, self._pruned_at = prune, -math.inf
        self._stepped_at = self._relayed_at = -math.inf
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._has_messages = True
        self._is_stopping = False
        self.is_dormant = False

    def wake(self) -> None:
        """Look for work now, also in the outbox."""
        self._has_messages = True
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
        hearing = asyncio.create_task(self._hear(self.wake))
        try:
            await self._work()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _work(self) -> None:
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
        await self._gather()
        self._stepped_at = now = time.monotonic()
        is_full = await self._look_into_outbox(now)
        free = self._slots.free if len(self._running) < MOST_UNSTORED * self._slots.most else 0
        if free <= 0:
            return is_full
        # SQLite's claims are over soon, and are work of this process: there are as few of them as can be.
        most = min(free, self._half) if postgres.is_postgres() else free
        claims = await self._claims.claim(most, self._slots.free_for)
        if self._is_stopping:
            await self._claims.release(claims)
            return False
        for claim in claims:
            give_back = self._slots.take(claim.endpoint.id)
            task = asyncio.create_task(self._deliver(claim, give_back))
            self._running[task] = claim
            task.add_done_callback(partial(self._ended, give_back))
        return is_full or bool(claims)

    async def _gather(self) -> None:
        """Wait, but not for long, until half of the slots are free, so that a claim takes several deliveries.

        On PostgreSQL no claim takes more than half: one half is sent while the next one is claimed.
        """
        while self._slots.taken:
            self._room.clear()
            waited = time.monotonic() - self._stepped_at
            limit = STEP_SECONDS if self._slots.free >= self._half else GATHER_SECONDS
            if waited >= limit:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(limit - waited):
                    await self._room.wait()

    async def _look_into_outbox(self, now: float) -> bool:
        """Relay if there is news, or was none for long; whether there may be more."""
        if not self._has_messages and now < self._relayed_at + self._settings.poll_seconds:
            return False
        self._has_messages = False
        try:
            self._has_messages = await self._relay.relay() >= BATCH or self._has_messages
        except DatabaseError:
            self._has_messages = True
            raise
        self._relayed_at = now
        return self._has_messages

    async def _deliver(self, claim: Claim, give_back: Callable[[], None]) -> None:
        try:
            await self._attempt(claim, give_back)
        except DatabaseError as error:
            # The lease ends by itself, and the delivery is attempted again: it may arrive twice, under the same id.
            _log.warning("the outcome of %s could not be stored: %s", claim.delivery.id, error)
        except Exception:
            _log.exception("the attempt of %s failed by a fault of ours", claim.delivery.id)

    def _ended(self, give_back: Callable[[], None], task: "asyncio.Task[None]") -> None:
        del self._running[task]
        give_back()
        self._news.set()

    def _freed(self) -> None:
        self._news.set()
        if self._slots.free >= self._half:
            self._room.set()

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
            if self._running and not is_busy:
                await self._wait(self._settings.poll_seconds)
            elif not is_busy and not await self._relay.relay():
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
