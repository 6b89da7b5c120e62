"""Messages through the embedded file: other processes look for new ones every few milliseconds."""

import asyncio
import logging
import sqlite3
from contextlib import suppress

from ..pubsub import PubSub, Subscription
from .file import EmbeddedFile

log = logging.getLogger("glueful.redis")

KEPT_MILLISECONDS = 60_000
"""How long a message waits for processes that stand still."""
MOST_AT_ONCE = 500


class EmbeddedPubSub(PubSub):
    """Messages through the embedded file, to the processes of one machine.

    A subscriber in the publishing process has them at once, others within ``poll_seconds``.

    Args:
        file: where they are.
        max_message_bytes: greatest size of a message.
        poll_seconds: how often another process looks while it subscribes.
    """

    def __init__(self, file: EmbeddedFile, max_message_bytes: int, poll_seconds: float) -> None:
        super().__init__(max_message_bytes)
        self._file = file
        self._poll_seconds = poll_seconds
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._seen = 0

    def _name(self, channel: str) -> bytes:
        return f"{self._file.prefix}:{channel}".encode()

    async def _publish(self, channel: str, data: bytes) -> None:
        name = self._name(channel)

        def job(connection: sqlite3.Connection, now: int) -> None:
            connection.execute("DELETE FROM messages WHERE published_at<=?", (now - KEPT_MILLISECONDS,))
            connection.execute("INSERT INTO messages (channel, data, published_at) VALUES (?, ?, ?)", (name, data, now))

        await self._file.write(job)
        self._wake.set()

    async def _begin(self, subscription: Subscription) -> None:
        if self._task is None:
            self._seen, self._wake = await self._file.read(_last), asyncio.Event()
            self._task = asyncio.create_task(self._run())
        await super()._begin(subscription)

    async def _listen(self, subscription: Subscription, new: list[str]) -> None:
        """Nothing to do: channels with subscribers are read."""

    async def _forget(self, channels: list[str]) -> None:
        """Nothing to do: channels without subscribers are passed over."""

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    # --- the task ---

    async def _run(self) -> None:
        was_told = False
        while True:
            self._wake.clear()
            try:
                await self._poll()
                if was_told:
                    log.info("messages arrive from %s again", self._file.where)
                was_told = False
            except Exception:
                if not was_told:
                    log.exception("no messages arrive from %s", self._file.where)
                was_told = True
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()

    async def _poll(self) -> None:
        """Deliver what is new; where messages were removed unseen, tell of the gap."""
        beginning = f"{self._file.prefix}:"
        is_more = True
        while is_more:
            rows, last = await self._file.read(self._new)
            if (rows[0][0] if rows else last + 1) > self._seen + 1:
                self._tell_gap("purged")
            is_more = len(rows) == MOST_AT_ONCE
            self._seen = rows[-1][0] if is_more else last
            for _, name, data in rows:
                channel = name.decode()
                if channel.startswith(beginning):
                    self._deliver(channel[len(beginning) :], data)

    def _new(self, connection: sqlite3.Connection, _: int) -> tuple[list[tuple[int, bytes, bytes]], int]:
        last = _last(connection, 0)
        statement = "SELECT id, channel, data FROM messages WHERE id>? AND id<=? ORDER BY id LIMIT ?"
        return connection.execute(statement, (self._seen, last, MOST_AT_ONCE)).fetchall(), last


def _last(connection: sqlite3.Connection, _: int) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='messages'").fetchone()
    return 0 if row is None else row[0]
