"""A running application with webhooks on each database, a receiver on a real socket, and a clock that tests move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import svcs
from glueful_hookspecs import Secret
from glueful_http import HttpSettings
from glueful_http.plugin import HttpPlugin
from glueful_kernel import create_app
from glueful_orm import Migrator, OrmSettings
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhooks, WebhookSettings, webhook_event
from glueful_webhooks.plugin import WebhooksPlugin
from litestar import Litestar

KEY = Secret("k" * 32)


@webhook_event("user.created")
class UserCreated(msgspec.Struct):
    """Somebody signed up."""

    id: int
    name: str = ""
    country: str = ""


@webhook_event("user.deleted")
class UserDeleted(msgspec.Struct):
    """Somebody left."""

    id: int


@webhook_event("order.paid")
class OrderPaid(msgspec.Struct):
    """An order was paid."""

    number: str
    total: int = 0


class Clock:
    """The time, moved by hand; it begins now, since other libraries look at the clock on the wall."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class Request(msgspec.Struct):
    """What a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Receiver:
    """Answers each request with the next of its answers, and the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Any] = [200]
        self.port = 0
        self.came = asyncio.Condition()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append(Request(head[0].split(" ")[1], headers, body))
                async with self.came:
                    self.came.notify_all()
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    answer = await answer()
                status, extra, content = answer if isinstance(answer, tuple) else (answer, "", b"")
                writer.write(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self.came:
            await self.came.wait_for(lambda: len(self.requests) >= count)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def other_receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Starts applications in tasks of their own; a lifespan ends in the task that it began in."""
    ended = asyncio.Event()
    tasks = []

    async def run(app: Litestar, started: "asyncio.Future[Webhooks]") -> None:
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(app.lifespan())
                container = await stack.enter_async_context(svcs.Container(app.state.services))
                migrator = await container.aget(Migrator)
                await migrator.migrate()
                started.set_result(await container.aget(Webhooks))
                await ended.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def start(app: Litestar) -> Webhooks:
        started: asyncio.Future[Webhooks] = asyncio.get_running_loop().create_future()
        tasks.append(asyncio.create_task(run(app, started)))
        return await started

    yield start
    ended.set()
    await asyncio.gather(*tasks)


@pytest.fixture
def application(clock: Clock) -> Callable[..., Litestar]:
    """Builds an application on a database, by default without a worker of its own and without jitter."""

    def build(url: str, *, plugins: Any = (), routes: Any = (), only: Any = (), **settings: Any) -> Litestar:
        chosen = {"encryption_keys": (KEY,), "run_worker": False, "timeout_seconds": 2.0, **settings}
        return create_app(
            routes,
            plugins=[
                OrmPlugin(OrmSettings(url=Secret(url), pool_size=5)),
                HttpPlugin(HttpSettings(allow_localhost=True)),
                WebhooksPlugin(WebhookSettings(**chosen), clock=clock, fraction=lambda: 0.0),
                *plugins,
            ],
            only=["orm", "http", "webhooks", *only],
            settings={"kernel": {"environment": "development"}},
        )

    return build


@pytest.fixture
async def webhooks(database_url: str, application: Callable[..., Litestar], serve: Callable[..., Any]) -> Webhooks:
    """Running webhooks; ``webhooks.worker.drain()`` delivers what is due."""
    found: Webhooks = await serve(application(database_url))
    return found


@pytest.fixture
def events() -> dict[str, Any]:
    """The payload types that are declared above."""
    return {"user.created": UserCreated, "user.deleted": UserDeleted, "order.paid": OrderPaid}


@pytest.fixture
async def sqlite_webhooks(sqlite_url: str, application: Callable[..., Litestar], serve: Callable[..., Any]) -> Webhooks:
    """As ``webhooks``, for what no database has a say in."""
    found: Webhooks = await serve(application(sqlite_url))
    return found
