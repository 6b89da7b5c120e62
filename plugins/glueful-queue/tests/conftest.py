"""Each broker on its real server, a clock that tests move, and workers in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import glueful_queue
import pytest
from glueful_hookspecs import Secret
from glueful_orm import Engine, MigrationSource, Migrator, OrmSettings, connect
from glueful_queue import Broker, DatabaseQueue, JobWorker, Queues, QueueSettings
from glueful_queue.binding import bind, unbind
from glueful_queue.job_types import DECLARED
from glueful_queue.redis_queue import RedisQueue
from glueful_registry import discover

MIGRATIONS = MigrationSource("queue", Path(glueful_queue.__file__).parent / "migrations")


class Clock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def others() -> str:
    """The installed plugins that these tests do not need, as ``GLUEFUL_PLUGINS__DISABLED`` takes them."""
    return ",".join(sorted({info.name for info in discover()} - {"errors", "orm", "queue", "redis"}))


@pytest.fixture(autouse=True)
def declared() -> Iterator[dict[str, Any]]:
    """Jobs that a test declares are forgotten after it."""
    before = dict(DECLARED)
    yield DECLARED
    DECLARED.clear()
    DECLARED.update(before)


@asynccontextmanager
async def redis_clients(url: str) -> AsyncIterator[Any]:
    from glueful_redis import RedisClients, RedisSettings

    clients = RedisClients(RedisSettings(url=Secret(url), prefix="test"))
    try:
        yield clients
    finally:
        await clients.close()


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    """The broker that a test runs on: all of them."""
    found: str = request.param
    return found


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if kind == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture(scope="session")
def statements() -> dict[str, list[str]]:
    """What the migrations execute on each kind of database, noted when they first run: repeating it is quicker."""
    return {}


@pytest.fixture
async def engine(database_url: str, statements: dict[str, list[str]]) -> AsyncIterator[Engine]:
    """A migrated database, which models use."""
    async with connect(database_url) as found:
        if found.dialect in statements:
            for sql in statements[found.dialect]:
                await found.execute(sql)
        else:
            noted: list[str] = []
            found.observe = lambda sql, *_: noted.append(sql)
            await Migrator(found, [MIGRATIONS], OrmSettings()).migrate()
            found.observe = None
            words = ("CREATE", "ALTER")
            statements[found.dialect] = [sql for sql in noted if sql.lstrip().startswith(words) and "queue_" in sql]
        yield found


@pytest.fixture
async def new_broker(
    kind: str, engine: Engine, clock: Clock, request: pytest.FixtureRequest
) -> AsyncIterator[Callable[..., Broker]]:
    """Makes queues of this broker; by default with the test's clock."""
    async with AsyncExitStack() as stack:
        clients = None
        if kind == "redis":
            clients = await stack.enter_async_context(redis_clients(request.getfixturevalue("redis_url")))
        made: list[Broker] = []

        def make(name: str = "default", **options: Any) -> Broker:
            given = {"clock": clock, "lease_seconds": 10.0, "poll_seconds": 0.05, **options}
            if clients is None:
                made.append(DatabaseQueue(engine, name, **given))
            else:
                blocking = clients.dedicated(max_connections=10, socket_timeout=10.0)
                made.append(RedisQueue(clients.shared, blocking, clients.prefix, name, **given))
            return made[-1]

        yield make
        for broker in made:
            await broker.disconnect()


@pytest.fixture
def broker(new_broker: Callable[..., Broker]) -> Broker:
    """A queue called default."""
    return new_broker()


@pytest.fixture
def settings() -> QueueSettings:
    return QueueSettings(retries=3, sweep_seconds=0.05, poll_seconds=0.05, relay_seconds=0.05, grace_seconds=5)


@pytest.fixture
def queues(
    settings: QueueSettings, new_broker: Callable[..., Broker], clock: Clock, kind: str, engine: Engine
) -> Iterator[Queues]:
    """The queues of a would-be application: what a job's ``enqueue`` finds."""
    found = Queues(settings, new_broker, is_transactional=kind != "redis", clock=clock.utc, fraction=lambda: 0.0)
    bind(found)
    yield found
    unbind(found)


@pytest.fixture
async def work(queues: Queues) -> AsyncIterator[Callable[..., Any]]:
    """Starts a worker; all end with the test."""
    started: list[tuple[JobWorker, asyncio.Task[None]]] = []

    def start(name: str = "default", concurrency: int = 10) -> JobWorker:
        worker = JobWorker(queues, queues.broker(name), concurrency)
        started.append((worker, asyncio.create_task(worker.run())))
        return worker

    yield start
    for worker, task in started:
        await worker.stop(0)
        await task


@pytest.fixture
def drain(queues: Queues) -> Callable[..., Any]:
    """Runs what is due now, one job after the other, in this task's loop; how many jobs there were."""

    async def run(name: str = "default") -> int:
        worker = JobWorker(queues, queues.broker(name), 1)
        count = 0
        while True:
            await worker.make_due()
            jobs = await worker.broker.claim(worker.id, 1)
            if not jobs:
                return count
            for job in jobs:
                job.worker_id = worker.id
                await asyncio.create_task(worker._attempts.run(job, lambda: None))
                count += 1

    return run
