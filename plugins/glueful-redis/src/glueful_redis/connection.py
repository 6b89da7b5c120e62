"""redis-py's connections, with less to do for each command while all is well."""

import asyncio
import select
from collections.abc import Iterable

from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection
from redis.exceptions import RedisError

SENT_AT_ONCE_BYTES = 65_536
"""What asyncio buffers before a writer has to wait."""


class _Prompt:
    """Sends without a task and a timer where nothing has to be waited for, and knows whether it may be used as it is.

    redis-py wraps each write into ``asyncio.wait_for``, which on Python 3.11 is a task of its own and a second turn of
    the event loop. A write that fits into the buffer never waits; whatever else could be is left to redis-py.
    """

    health_check_interval: float
    next_health_check: float
    is_connected: bool
    _reader: asyncio.StreamReader | None
    _writer: asyncio.StreamWriter | None
    _polled: asyncio.StreamWriter | None = None
    _poll: "select.poll"

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """As redis-py's."""
        writer = self._writer
        if (
            writer is None
            or not isinstance(command, list)
            or (check_health and self._is_unused())
            or not _takes(writer, self._reader, sum(map(len, command)))
        ):
            await super().send_packed_command(command, check_health)  # type: ignore[misc]
        else:
            writer.writelines(command)

    async def is_ready(self) -> bool:
        """Whether it may be used as it is: open, with nothing left to read, and not idle for long."""
        if not self.is_connected or self._is_unused():
            return False
        try:
            return not self.has_news() and not await self.can_read()  # type: ignore[attr-defined]
        except (RedisError, OSError):
            return False

    def has_news(self) -> bool:
        """Whether something arrived that the event loop has not read yet; true where that cannot be asked."""
        writer = self._writer
        raw = None if writer is None else writer.get_extra_info("socket")
        if raw is None or raw.fileno() < 0 or not hasattr(select, "poll"):
            return True
        if writer is not self._polled:
            self._polled, self._poll = writer, select.poll()
            self._poll.register(raw.fileno(), select.POLLIN)
        return bool(self._poll.poll(0))

    def _is_unused(self) -> bool:
        interval = self.health_check_interval
        return bool(interval) and asyncio.get_running_loop().time() > self.next_health_check


def _takes(writer: asyncio.StreamWriter, reader: asyncio.StreamReader | None, size: int) -> bool:
    """Whether so many bytes can be written without waiting, as far as is known."""
    transport = writer.transport
    return (
        reader is not None
        and reader.exception() is None
        and not transport.is_closing()
        and transport.get_write_buffer_size() + size <= SENT_AT_ONCE_BYTES
    )


class PlainConnection(_Prompt, Connection):
    """Over TCP."""


class TlsConnection(_Prompt, SSLConnection):
    """Over TCP with TLS."""


class SocketFileConnection(_Prompt, UnixDomainSocketConnection):
    """By way of a socket file."""


class ManagedConnection(_Prompt, SentinelManagedConnection):
    """To where the sentinels say, over TCP."""


class ManagedTlsConnection(_Prompt, SentinelManagedSSLConnection):
    """To where the sentinels say, over TCP with TLS."""
