"""redis-py's clients, with one change: a command is sent again only where that cannot do harm."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterError,
    ConnectionError,  # noqa: A004 - redis-py's own
    MaxConnectionsError,
    ReadOnlyError,
    TimeoutError,  # noqa: A004 - redis-py's own
    TryAgainError,
)
from redis.observability import get_observability_instance

from .pool import NotConnected

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
STATEFUL = "HIMPORT"
"""For it redis-py sends one command or more, depending on the connection."""
SET_CONDITIONS = frozenset({"NX", "XX", "GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"})


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
                return await self._exchange(args, options)
            except ReadOnlyError:
                # The primary became a replica. What its name leads to now is found by new connections.
                await self.connection_pool.disconnect(inuse_connections=False)
                raise

        return await repeat(
            send, patience_seconds=self.reconnect_seconds, is_repeatable=repeatable or is_repeatable(args)
        )

    async def _exchange(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """As redis-py's ``execute_command``, without its retries, which are off, and its metrics, while they are."""
        name, pool = args[0], self.connection_pool
        is_measured = get_observability_instance().is_enabled()
        if self.single_connection_client or is_measured or not isinstance(name, str) or name[:7].upper() == STATEFUL:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.send_command(*args)
            return await self.parse_response(connection, name, **options)
        except (ConnectionError, TimeoutError) as error:
            await connection.disconnect(error=error)
            raise
        finally:
            await pool.release(connection)


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
