"""redis-py's clients and pools, with one change: a command is sent again only where that cannot do harm."""

import asyncio
import random
import select
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterError,
    ConnectionError,  # noqa: A004 - redis-py's own
    MaxConnectionsError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004 - redis-py's own
    TryAgainError,
)

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5

READS = frozenset(
    """
    BITCOUNT BITPOS DBSIZE ECHO EXISTS EXPIRETIME GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS HLEN HMGET HSTRLEN
    HVALS LINDEX LLEN LPOS LRANGE MGET PEXPIRETIME PING PTTL SCARD SINTER SISMEMBER SMEMBERS SMISMEMBER STRLEN SUNION
    TIME TTL TYPE XLEN XRANGE XREVRANGE ZCARD ZCOUNT ZRANGE ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANK ZSCORE
    """.split()  # noqa: SIM905 - fifty names
)
WRITES = frozenset({"EXPIREAT", "MSET", "PEXPIREAT", "PSETEX", "SETEX"})
"""Each has the same effect and the same answer when it is done twice. What counts, adds, moves, removes or depends on
what was there (``SET … NX``, ``DEL``, ``INCR``, ``LPUSH``, scripts) is never sent again."""
SET_CONDITIONS = frozenset({"NX", "XX", "GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"})


class NotConnected(ConnectionError):
    """There was no connection, so that nothing was sent."""


NOT_EXECUTED = (NotConnected, MaxConnectionsError, BusyLoadingError, ReadOnlyError, ClusterError, TryAgainError)
"""After these the server has done nothing."""


def is_repeatable(args: tuple[Any, ...]) -> bool:
    """Whether a command may be sent again although the server may have done it already."""
    name = args[0].upper() if isinstance(args[0], str) else args[0]
    if name == "SET":
        return not any(_text(word) in SET_CONDITIONS for word in args[3:])
    return name in READS or name in WRITES


def _text(word: Any) -> str:
    if isinstance(word, bytes):
        return word.decode("ascii", "replace").upper()
    return word.upper() if isinstance(word, str) else ""


async def repeat(send: Callable[[], Awaitable[Any]], *, patience_seconds: float, is_repeatable: bool) -> Any:
    """Send a command, and again where it did nothing or may be done twice.

    A command that found no connection, a server that is loading its data, or one that has become a replica was not
    executed: it is tried again for ``patience_seconds``. One whose connection broke under it is sent once more if it is
    repeatable. An answer that is late is not asked for again: the server has enough to do.
    """
    deadline = asyncio.get_running_loop().time() + patience_seconds
    pause = FIRST_PAUSE_SECONDS
    was_broken = False
    while True:
        try:
            return await send()
        except (AuthenticationError, AuthorizationError):
            raise
        except NOT_EXECUTED as error:
            wait = pause * random.uniform(0.5, 1)  # noqa: S311 - jitter
            was_slow = isinstance(error.__cause__, TimeoutError | asyncio.TimeoutError)
            if was_slow or asyncio.get_running_loop().time() + wait > deadline:
                raise
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        except ConnectionError:
            if was_broken or not is_repeatable:
                raise
            was_broken = True


class Client(Redis):
    """``redis.asyncio.Redis``, which sends a command again only where that cannot do harm.

    That is where it is known to have had no effect, or has the same effect and the same answer twice. Pipelines are
    never sent again.

    Attributes:
        reconnect_seconds: how long a command that had no effect tries.
    """

    reconnect_seconds: float = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """As redis-py's; ``repeatable=True`` says that this command may be done twice, such as a script."""
        repeatable = options.pop("repeatable", False)

        async def send() -> Any:
            try:
                return await super(Client, self).execute_command(*args, **options)  # type: ignore[no-untyped-call]
            except ReadOnlyError:
                # The primary became a replica. What its name leads to now is found by new connections.
                await self.connection_pool.disconnect(inuse_connections=False)
                raise

        return await repeat(
            send, patience_seconds=self.reconnect_seconds, is_repeatable=repeatable or is_repeatable(args)
        )


class ClusterClient(RedisCluster):
    """``redis.asyncio.RedisCluster`` with the same rule; redis-py's own retries, which repeat anything, are off.

    Attributes:
        reconnect_seconds: how long a command that had no effect tries.
    """

    reconnect_seconds: float = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """As redis-py's; ``repeatable=True`` says that this command may be done twice, such as a script."""
        repeatable = options.pop("repeatable", False)
        send: Any = super().execute_command
        return await repeat(
            lambda: send(*args, **options),
            patience_seconds=self.reconnect_seconds,
            is_repeatable=repeatable or is_repeatable(args),
        )


class _Checked:
    """A pool that hands out connections which were found working, within a time limit, before anything is sent."""

    connect_seconds: float = 2.0
    _waiting: int = 0
    _available_connections: list[Any]

    async def get_connection(self, *_: Any, **__: Any) -> Any:
        if self._available_connections and not self._waiting:  # nobody is overtaken
            connection: Any = self.get_available_connection()  # type: ignore[attr-defined]
            if await _is_ready(connection):
                return connection
            await self.release(connection)  # type: ignore[attr-defined]
        self._waiting += 1
        try:
            return await super().get_connection()  # type: ignore[misc]
        except (AuthenticationError, AuthorizationError, BusyLoadingError):
            raise
        except (ConnectionError, TimeoutError, OSError) as error:
            raise NotConnected(str(error) or "no connection in time") from error
        finally:
            self._waiting -= 1

    async def ensure_connection(self, connection: Any) -> None:
        was_connected = connection.is_connected
        try:
            await self._ready(connection)
        except (ConnectionError, TimeoutError, OSError):
            await connection.disconnect(nowait=True)
            if not was_connected:
                raise
            await self._ready(connection)

    async def _ready(self, connection: Any) -> None:
        async with asyncio.timeout(self.connect_seconds):
            if _has_news(connection):
                for _ in range(3):  # the event loop reads what came meanwhile, such as the end of the connection
                    await asyncio.sleep(0)
            await super().ensure_connection(connection)  # type: ignore[misc]
            await connection.check_health()


async def _is_ready(connection: Any) -> bool:
    """Whether a connection may be used as it is: open, with nothing left to read, and not idle for long."""
    interval = connection.health_check_interval
    if not connection.is_connected or (interval and asyncio.get_running_loop().time() > connection.next_health_check):
        return False
    try:
        return not _has_news(connection) and not await connection.can_read()
    except (RedisError, OSError):
        return False


def _has_news(connection: Any) -> bool:
    """Whether something arrived that the event loop has not read yet; true where that cannot be asked."""
    writer = getattr(connection, "_writer", None)
    raw = writer.get_extra_info("socket") if writer is not None else None
    if raw is None or not hasattr(select, "poll") or raw.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class Pool(_Checked, BlockingConnectionPool):
    """Connections to one server; a caller waits for a free one."""


class SentinelPool(_Checked, SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the primary that the sentinels name."""
