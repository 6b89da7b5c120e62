"""Faults of a network, on real sockets: a proxy before Redis, PostgreSQL or an HTTP receiver that disturbs at will."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

ANSWER_SECONDS = 5.0
CHUNK_BYTES = 65_536
DEFAULT_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379}


class Between:
    """A server that connects each of its clients to another one; a subclass says what passes, in ``_serve``.

    Use it as an asynchronous context manager, or call ``start`` and ``close``.

    Args:
        url: of the server behind it, with any scheme; its user, path and query are kept.
        tls: what makes it speak TLS to its clients; to the server behind it speaks plainly.

    Attributes:
        url: the same through this server.
        port: where it listens, on 127.0.0.1.
        connections: how many clients have connected so far.
    """

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._tls = tls
        self._parts = parts
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[parts.scheme])
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._there: set[asyncio.StreamWriter] = set()
        self.url = ""
        self.port = 0
        self.connections = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self, port: int = 0) -> None:
        """Listen; after ``close`` with the former port, a client finds the server at its old address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        user, at, _ = self._parts.netloc.rpartition("@")
        self.url = urlunsplit(self._parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    def cut_all(self) -> None:
        """Close every connection of now, on both sides."""
        for writer in self._writers:
            writer.transport.abort()

    def reset_all(self) -> None:
        """Break every connection of now with a TCP reset, as a crashed machine answers."""
        for writer in self._writers:
            _reset(writer)

    async def close(self) -> None:
        """Stop, and break every connection; new clients are refused."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut_all()
        for writer in self._writers:
            with suppress(OSError):
                await writer.wait_closed()
        self._writers.clear()
        self._there.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():  # it came while this server closed
            writer.transport.abort()
            return
        self.connections += 1
        self._writers.add(writer)
        self._spawn(partial(self._serve, reader, writer), writer)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]], *writers: asyncio.StreamWriter) -> None:
        """Run a part of a connection; these writers are closed at its end."""

        async def run() -> None:
            try:
                with suppress(OSError, asyncio.IncompleteReadError):
                    await work()
            finally:
                for writer in writers:
                    writer.close()

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server behind."""
        reader, writer = await asyncio.open_connection(*self._upstream)
        self._writers.add(writer)
        self._there.add(writer)
        return reader, writer

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on as it comes."""
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Proxy(Between):
    """Delays, drips, stalls, cuts, forgets or refuses at a chosen moment; what it is not told passes unchanged.

    Attributes:
        latency_seconds: how long each piece waits, in each direction.
        is_dripping: whether one byte at a time is passed on.
        is_refusing: whether new clients are turned away.
        is_black_hole: whether connections, those of now and new ones, stay open and nothing passes, ever.
    """

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(url, tls=tls)
        self._cut: tuple[bytes, bool] | None = None
        self._allowance: dict[bool, int] = {}
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.latency_seconds = 0.0
        self.is_dripping = False
        self.is_refusing = False
        self.is_black_hole = False

    def cut_at(self, text: bytes, *, after_delivery: bool) -> None:
        """Break the connection at the first message that holds ``text``, once.

        Args:
            text: bytes that a client sends.
            after_delivery: whether the server gets the message, and answers in vain.
        """
        self._cut = (text, after_delivery)

    def cut_after(self, count: int, *, from_server: bool = False) -> None:
        """Break the connection after ``count`` more bytes of one direction, once."""
        self._allowance[from_server] = count

    def forget_all(self) -> None:
        """Pass nothing of the clients of now on, and close nothing, as a firewall that dropped them."""
        self._forgotten = set(self._writers)

    def lose_server(self) -> None:
        """Close the server's side of the connections of now and tell no client: they are half open."""
        self.forget_all()
        for writer in self._there:
            writer.transport.abort()

    def stall(self) -> None:
        """Hold everything back until ``resume``; nothing is lost, as TCP sends again what a short outage swallowed."""
        self._flows.clear()

    def resume(self) -> None:
        """End a stall."""
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_refusing:
            writer.transport.abort()
            return
        there_reader, there_writer = await self._connect()
        answered = asyncio.Event()
        self._spawn(partial(self._answers, there_reader, writer, answered), writer)
        tail = b""
        while data := await reader.read(CHUNK_BYTES):
            if self._is_lost(writer):
                continue
            seen = tail + data
            if self._cut is not None and self._cut[0] in seen:
                _, after_delivery = self._cut
                self._cut = None
                self._forgotten.add(writer)
                if after_delivery:
                    answered.clear()
                    there_writer.write(data)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(ANSWER_SECONDS):
                            await answered.wait()
                writer.transport.abort()
                there_writer.transport.abort()
                return
            tail = seen[-len(self._cut[0]) :] if self._cut is not None else b""
            if not await self._pass(data, there_writer, from_server=False):
                writer.transport.abort()
                return
        if not self._is_lost(writer):
            there_writer.close()

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answered: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                answered.set()
                if not self._is_lost(writer) and not await self._pass(data, writer, from_server=True):
                    return
        answered.set()
        if self._is_lost(writer):
            await asyncio.Event().wait()  # a client that is lost never hears that the server left

    def _is_lost(self, client: asyncio.StreamWriter) -> bool:
        return self.is_black_hole or client in self._forgotten

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter, *, from_server: bool) -> bool:
        """Write to one side; False when the connection was cut in it."""
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        await self._flows.wait()
        is_last = False
        allowance = self._allowance.get(from_server)
        if allowance is not None:
            is_last = len(data) >= allowance
            data = data[:allowance]
            self._allowance[from_server] = allowance - len(data)
            if is_last:  # it is this connection's now, and no other's
                del self._allowance[from_server]
        for piece in (data[i : i + 1] for i in range(len(data))) if self.is_dripping else (data,):
            writer.write(piece)
            await asyncio.sleep(0)
        if is_last:
            writer.transport.set_write_buffer_limits(0)
            await writer.drain()
            writer.transport.abort()
            return False
        return True


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
