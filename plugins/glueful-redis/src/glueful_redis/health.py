"""Whether Redis, or the embedded file, answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

    from .keyvalue import KeyValueStore

KEY = "glueful.health"
SECONDS = 60


async def ping(client: "Redis | RedisCluster") -> None:
    """Ask for a sign of life over a connection of the pool: a busy pool fails the check as well.

    Raises:
        redis.exceptions.RedisError: no connection was free in time, or the server did not answer.
    """
    await client.execute_command("PING")


async def ping_file(key_values: "KeyValueStore") -> None:
    """Write and read: a full or read-only disk fails the check.

    Raises:
        StoreError: the file does not do both.
    """
    await key_values.set(KEY, b"1", ttl=SECONDS)
    await key_values.get(KEY)
