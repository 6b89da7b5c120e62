"""redis-py's pools, which hand out only what works."""

import asyncio
from typing import Any

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ConnectionError,  # noqa: A004 - redis-py's own
    TimeoutError,  # noqa: A004 - redis-py's own
)


class NotConnected(ConnectionError):
    """There was no connection, so that nothing was sent."""


class _Checked:
    """A pool that hands out connections which were found working, within a time limit, before anything is sent."""

    connect_seconds: float = 2.0
    _waiting: int = 0
    _available_connections: list[Any]
    _in_use_connections: set[Any]

    async def get_connection(self, *_: Any, **__: Any) -> Any:
        if self._available_connections and not self._waiting:  # nobody is overtaken
            connection: Any = self.get_available_connection()  # type: ignore[attr-defined]
            is_ready = False
            try:
                if is_ready := await connection.is_ready():
                    return connection
            finally:  # also when the task is cancelled meanwhile
                if not is_ready:
                    await self.release(connection)
        self._waiting += 1
        try:
            return await super().get_connection()  # type: ignore[misc]
        except (AuthenticationError, AuthorizationError, BusyLoadingError):
            raise
        except (ConnectionError, TimeoutError, OSError) as error:
            raise NotConnected(str(error) or "no connection in time") from error
        finally:
            self._waiting -= 1

    async def release(self, connection: Any) -> None:
        """Take a connection back; at once where nobody waits for one, so that no cancellation can come in between."""
        if self._waiting or connection.should_reconnect():
            await super().release(connection)  # type: ignore[misc]
        else:
            self._in_use_connections.remove(connection)
            self._available_connections.append(connection)

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
            if connection.has_news():
                for _ in range(3):  # the event loop reads what came meanwhile, such as the end of the connection
                    await asyncio.sleep(0)
            await super().ensure_connection(connection)  # type: ignore[misc]
            await connection.check_health()


class Pool(_Checked, BlockingConnectionPool):
    """Connections to one server; a caller waits for a free one."""


class SentinelPool(_Checked, SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the primary that the sentinels name."""
