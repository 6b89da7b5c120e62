"""A small closed-loop HTTP/1.1 client: keep-alive connections, each sends the next request after the answer."""

import asyncio
from typing import cast

REQUEST = b"GET /ping HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: benchmark\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection; ``burst`` gives it requests to send."""

    def __init__(self) -> None:
        self._left, self._answer_bytes, self._received, self._first = 0, 0, 0, b""
        self._transport: asyncio.Transport
        self._done: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Count bytes: all answers but the first are as long as the first, which is looked at."""
        self._received += len(data)
        if not self._answer_bytes:
            self._first += data
            if not self._first.startswith(b"HTTP/1.1 200"):
                raise SystemExit(self._first.decode("latin-1"))
            if not self._first.endswith(b'\r\n\r\n{"ok":true}'):
                return
            self._answer_bytes = len(self._first)
        if self._received == self._answer_bytes:
            self._received = 0
            self._left -= 1
            if self._left:
                self._transport.write(REQUEST)
            else:
                self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._left:
            raise SystemExit(f"the server closed the connection: {exc}")

    async def burst(self, requests: int) -> None:
        self._left, self._done = requests, asyncio.get_running_loop().create_future()
        self._transport.write(REQUEST)
        await self._done


async def connect(port: int, connections: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)]
