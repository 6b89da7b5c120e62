"""Messages over Redis: one connection for all subscriptions of a process, supervised."""

import asyncio
import logging
import random
from contextlib import suppress
from typing import Any

from ..pubsub import Gap, PubSub, Subscription
from .commands import REDIS_ERRORS, Commands

log = logging.getLogger("glueful.redis")

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0
PING_SECONDS = 2.0
"""How long the connection may be silent before it is pinged, and then before it is given up."""


class RedisPubSub(PubSub):
    """Messages over Redis. After a restart or an outage the subscriptions are made again and told of the gap.

    Args:
        commands: how messages are published.
        max_message_bytes: greatest size of a message.
        patience_seconds: how long a new subscription waits for the server before it begins with a gap.
    """

    def __init__(self, commands: Commands, max_message_bytes: int, patience_seconds: float) -> None:
        super().__init__(max_message_bytes)
        self._commands = commands
        self._patience = patience_seconds
        self._beginning = f"{commands.clients.prefix}:channel:"
        self._client: Any = None
        self._connection: Any = None
        self._task: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._confirmed: dict[str, asyncio.Event] = {}
        self._late: set[str] = set()
        self._is_lost = False

    async def _publish(self, channel: str, data: bytes) -> None:
        await self._commands.run("PUBLISH", f"{self._beginning}{channel}", data)

    async def _listen(self, subscription: Subscription, new: list[str]) -> None:
        for channel in new:
            self._confirmed[channel] = asyncio.Event()
        if self._task is None:
            self._sending = asyncio.Lock()
            self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(self._patience):
                if new:
                    await self._send("subscribe", new)
                for channel in subscription.channels:
                    if (confirmed := self._confirmed.get(channel)) is not None:
                        await confirmed.wait()
        except TimeoutError:
            self._late.update(new)  # it is told when it gets through

    async def _forget(self, channels: list[str]) -> None:
        for channel in channels:
            self._confirmed.pop(channel, None)
            self._late.discard(channel)
        await self._send("unsubscribe", channels)

    async def _send(self, command: str, channels: list[str]) -> None:
        async with self._sending:
            if self._connection is not None:
                with suppress(*REDIS_ERRORS):  # the task notices, and subscribes anew
                    await getattr(self._connection, command)(*[f"{self._beginning}{channel}" for channel in channels])

    async def _stop(self) -> None:
        self._confirmed.clear()
        self._late.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def close(self) -> None:
        """End all subscriptions; the connection is closed with the other clients."""
        await super().close()
        self._client = None

    # --- the task ---

    async def _run(self) -> None:
        if self._client is None:
            self._client = self._commands.clients.dedicated(
                max_connections=4, socket_timeout=None, reconnect_seconds=0, ping_after_seconds=0
            )
        pause = FIRST_PAUSE_SECONDS
        was_told = False
        while True:
            connection = self._client.pubsub()
            try:
                await self._subscribe(connection)
                if self._is_lost:
                    self._is_lost = False
                    self._tell_gap("reconnected")
                if was_told:
                    log.info("messages arrive from %s again", self._commands.where)
                was_told, pause = False, FIRST_PAUSE_SECONDS
                await self._receive(connection)
            except Exception as error:
                self._is_lost = True
                if not was_told:
                    log.warning("no messages arrive from %s: %s: %s", self._commands.where, type(error).__name__, error)
                was_told = True
            finally:
                await self._disconnect(connection)
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _subscribe(self, connection: Any) -> None:
        async with asyncio.timeout(self._patience):
            async with self._sending:
                if self._commands.clients.is_cluster:
                    await self._client.initialize()  # which node has the channel; redis-py asks for commands alone
                channels = list(self._subscriptions)
                self._connection = connection
                await connection.subscribe(*[f"{self._beginning}{channel}" for channel in channels])
            waiting = set(channels)
            while waiting:
                message = await connection.get_message(timeout=self._patience)
                if (channel := self._handle(message)) is not None:
                    waiting.discard(channel)

    async def _receive(self, connection: Any) -> None:
        was_pinged = False
        while True:
            message = await connection.get_message(timeout=PING_SECONDS)
            if message is not None:
                was_pinged = False
                self._handle(message)
            elif was_pinged:
                raise TimeoutError(f"no sign of life for {2 * PING_SECONDS} s")
            else:
                was_pinged = True
                async with asyncio.timeout(PING_SECONDS):
                    await connection.ping()

    def _handle(self, message: dict[str, Any] | None) -> str | None:
        """Deliver a message; the channel that the server has just confirmed."""
        if message is None or message["type"] not in {"message", "subscribe"}:
            return None
        channel: str = message["channel"].decode().removeprefix(self._beginning)
        if message["type"] == "message":
            self._deliver(channel, message["data"])
            return None
        if (confirmed := self._confirmed.get(channel)) is not None:
            confirmed.set()
        if channel in self._late:
            self._late.discard(channel)
            for subscription in self._subscriptions.get(channel, ()):
                subscription.put(Gap("reconnected"))
        return channel

    async def _disconnect(self, connection: Any) -> None:
        if self._connection is connection:  # and not that of a successor
            self._connection = None
        with suppress(Exception):  # it is broken or about to be
            await connection.aclose()
            if self._commands.clients.is_cluster:
                await self._client.aclose()  # the nodes may be others the next time
