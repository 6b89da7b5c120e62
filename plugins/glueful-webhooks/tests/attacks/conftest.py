"""Applications as strict as in production, with a resolver that tests write, receivers on an allowed address, and
canaries on addresses that nobody may reach."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_http import HttpSettings
from glueful_http.plugin import HttpPlugin
from glueful_http.testing import ScriptedResolver
from glueful_kernel import create_app
from glueful_orm import OrmSettings
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhooks, WebhookSettings
from glueful_webhooks.plugin import WebhooksPlugin

ALLOWED = "127.0.0.2"
"""Where receivers of these tests are; everything else that is not public stays refused."""

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Canary:
    """Counts connections; there should be none."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


class Listener:
    """A receiver that behaves as it is told after it has read a request; it keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.behave: Behaviour | None = None
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                if self.behave is not None:
                    await self.behave(reader, writer)
                    return
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    """On 127.0.0.1 and ::1, at the same port."""
    found = Canary()
    four = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = four.sockets[0].getsockname()[1]
    six = await asyncio.start_server(found.serve, "::1", found.port)
    yield found
    for server in (four, six):
        server.close()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Any]]:
    """Opens a receiver on the allowed address, with TLS if a context is given."""
    async with AsyncExitStack() as stack:

        async def start(tls: Any = None, port: int = 0) -> Listener:
            found = Listener()
            server = await asyncio.start_server(found.serve, ALLOWED, port, ssl=tls)
            stack.callback(server.close)
            found.port = server.sockets[0].getsockname()[1]
            return found

        yield start


@pytest.fixture
def names() -> ScriptedResolver:
    return ScriptedResolver()


@pytest.fixture
def guarded(
    serve: Callable[..., Any], names: ScriptedResolver, sqlite_url: str, clock: Any
) -> Callable[..., Awaitable[Webhooks]]:
    """Starts an application outside development: nothing but public addresses, and the one of the receivers."""

    async def start(*ports: int, http: Any = None, **webhooks: Any) -> Webhooks:
        chosen = {
            "require_https": False,
            "allowed_ports": (80, 443, *ports),
            "allowed_networks": (f"{ALLOWED}/32",),
            "connect_timeout_seconds": 1.0,
            **(http or {}),
        }
        settings = {"encryption_keys": (Secret("k" * 32),), "run_worker": False, "timeout_seconds": 2.0, **webhooks}
        found: Webhooks = await serve(
            create_app(
                plugins=[
                    OrmPlugin(OrmSettings(url=Secret(sqlite_url), pool_size=5)),
                    HttpPlugin(HttpSettings(**chosen), names),
                    WebhooksPlugin(WebhookSettings(**settings), clock=clock, fraction=lambda: 0.0),
                ],
                only=["orm", "http", "webhooks"],
            )
        )
        return found

    return start
