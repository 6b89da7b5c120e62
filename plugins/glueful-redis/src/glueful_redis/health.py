"""Whether Redis, or the embedded file, answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from redis.asyncio import Redis, RedisCluster

    from .embedded.file import EmbeddedFile
    from .keyvalue import KeyValueStore

KEY = "glueful.health"
SECONDS = 60


async def ping(client: "Redis | RedisCluster") -> None:
    """Ask for a sign of life over a connection of the pool: a busy pool fails the check as well.

    Raises:
        redis.exceptions.RedisError: no connection was free in time, or the server did not answer.
    """
    await client.execute_command("PING")


def write_and_read(file: "EmbeddedFile") -> "Callable[[KeyValueStore], Awaitable[None]]":
    """A check that fails for a full or read-only disk; it does not make a file that nobody has needed yet."""

    async def check(key_values: "KeyValueStore") -> None:
        if file.is_open:
            await key_values.set(KEY, b"1", ttl=SECONDS)
            await key_values.get(KEY)

    return check
