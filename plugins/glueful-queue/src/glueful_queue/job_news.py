"""News of jobs from process to process, by PostgreSQL's ``LISTEN`` and ``NOTIFY``; who hears nothing polls anyway."""

import asyncio
import logging
from contextlib import suppress
from contextvars import Context
from typing import Any

from glueful_orm import Engine

from .outage import Outage

CHANNEL = "glueful_queue"
GATHER_SECONDS = 0.02
"""Pause between two tellings: ``NOTIFY`` makes commits wait for one another, so it is neither part of the caller's
transaction nor sent for each job."""
PING_SECONDS = 5.0
FAREWELL_SECONDS = 1.0
_log = logging.getLogger("glueful.queue")


class JobNews:
    """Tells other processes of new jobs, and hears of theirs over one connection of its own.

    Nothing depends on it. Behind PgBouncer (``statement_cache_size = 0``) nothing can be heard, but told.

    Args:
        engine: PostgreSQL, open.
        ping_every_seconds: how soon a connection is noticed that was lost without a word.
    """

    def __init__(self, engine: Engine, *, ping_every_seconds: float = 30.0) -> None:
        self._engine: Any = engine
        self._ping_every_seconds = ping_every_seconds
        self._can_hear = bool(getattr(engine, "statement_cache_size", 0))
        self._hearers: dict[str, asyncio.Event] = {}
        self._untold: set[str] = set()
        self._listener: asyncio.Task[None] | None = None
        self._teller: asyncio.Task[None] | None = None

    def tell(self, name: str) -> None:
        """Tell all processes, soon, that there are new jobs in a queue."""
        self._untold.add(name)
        if self._teller is None:
            # Outside whatever transaction this context is in.
            self._teller = asyncio.create_task(self._tell(), name="glueful-queue-tell", context=Context())

    def hear(self, name: str, news: asyncio.Event) -> None:
        """Set ``news`` from now on whenever a process tells of new jobs in a queue."""
        self._hearers[name] = news
        if self._can_hear and self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="glueful-queue-listen", context=Context())

    async def close(self) -> None:
        """Tell what is left to be told, and stop listening. May be called twice."""
        if self._teller is not None:
            await asyncio.wait([self._teller], timeout=FAREWELL_SECONDS)
        left = [task for task in (self._teller, self._listener) if task is not None]
        self._listener = None
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _tell(self) -> None:
        try:
            while self._untold:
                names, self._untold = list(self._untold), set()
                sql = "SELECT pg_notify($1, told.name) FROM unnest($2::text[]) AS told (name)"
                await self._engine.fetch(sql, (CHANNEL, names))
                await asyncio.sleep(GATHER_SECONDS)
        except Exception as error:
            _log.info("other processes find new jobs only when they look for them: %s", error)
        finally:
            self._teller = None

    async def _listen(self) -> None:
        outage = Outage("new jobs of other processes cannot be heard of, and are looked for")
        while True:
            connection = None
            try:
                connection = await self._engine.connect_apart()
                await self._hear_from(connection, outage)
            except Exception as error:
                await outage.wait(error)
            finally:
                if connection is not None:
                    connection.terminate()

    async def _hear_from(self, connection: Any, outage: Outage) -> None:
        is_lost = asyncio.Event()
        connection.add_termination_listener(lambda _: is_lost.set())
        await connection.add_listener(CHANNEL, self._heard)
        outage.ended()
        for news in self._hearers.values():  # what was told while nobody listened
            news.set()
        while not is_lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ping_every_seconds):
                    await is_lost.wait()
            await connection.execute("SELECT 1", timeout=PING_SECONDS)

    def _heard(self, _connection: Any, _pid: int, _channel: str, name: str) -> None:
        if (news := self._hearers.get(name)) is not None:
            news.set()
