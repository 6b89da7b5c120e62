"""Listeners on real sockets, a name server of our own, and an application with the client in it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import svcs
from glueful_http import HttpClient
from glueful_http.plugin import HttpPlugin
from glueful_http.settings import HttpSettings
from glueful_http.testing import ScriptedResolver
from glueful_kernel import create_app
from litestar import Litestar

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Listener:
    """Counts connections, keeps what was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.answer: bytes = OK
        self.behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]] | None = None
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.behave is not None:
                await self.behave(reader, writer)
                return
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                self.requests.append(head + await reader.readexactly(length))
                writer.write(self.answer)
                await writer.drain()
                if b"Connection: close" in self.answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def listening(host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    listener = Listener()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: listener.names.append(name)
    server = await asyncio.start_server(listener.serve, host, port, ssl=tls)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()


@pytest.fixture
def names() -> ScriptedResolver:
    return ScriptedResolver()


@pytest.fixture
async def open_listener() -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def start(host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> Listener:
            return await stack.enter_async_context(listening(host, port, tls))

        yield start


@pytest.fixture
async def client_of() -> AsyncIterator[Callable[..., object]]:
    """Starts an application and takes the client out of it, as a handler would get it."""
    ended = asyncio.Event()
    tasks = []

    async def serve(app: Litestar, started: "asyncio.Future[HttpClient]") -> None:
        # A lifespan ends in the task that it began in, which a fixture's parts do not share.
        try:
            async with app.lifespan(), svcs.Container(app.state.services) as container:
                started.set_result(await container.aget(HttpClient))
                await ended.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def start(
        settings: HttpSettings | None = None, names: ScriptedResolver | None = None, *, debug: bool = False
    ) -> HttpClient:
        app = create_app(
            plugins=[HttpPlugin(settings or HttpSettings(), names)],
            only=["http"],
            settings={"kernel": {"environment": "development" if debug else "production"}},
        )
        started: asyncio.Future[HttpClient] = asyncio.get_running_loop().create_future()
        tasks.append(asyncio.create_task(serve(app, started)))
        return await started

    yield start
    ended.set()
    await asyncio.gather(*tasks)
