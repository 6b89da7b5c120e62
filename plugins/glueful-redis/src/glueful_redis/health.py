"""Whether the store answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster


async def ping(client: "Redis | RedisCluster") -> None:
    """Ask for a sign of life over a connection of the pool: a busy pool fails the check as well.

    Raises:
        redis.exceptions.RedisError: no connection was free in time, or the server did not answer.
    """
    await client.execute_command("PING")
