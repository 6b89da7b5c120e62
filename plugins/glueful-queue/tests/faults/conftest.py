"""Workers in processes of their own, queues that are pointed at other servers, and a file that judges."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("worker_process.py")
LEASE = 1.0


class Processes:
    """Worker processes, and the file that they write; the time is the clock on the wall.

    Args:
        kind: of the broker.
        database_url: of the database.
        redis_url: of the broker, or ``none``.
        file: for the effects of jobs; what workers say goes to the one beside it with the ending ``.log``.
        lease_seconds: of claims.
    """

    def __init__(self, kind: str, database_url: str, redis_url: str, file: Path, lease_seconds: float = LEASE) -> None:
        self.file, self.log = file, file.with_suffix(".log")
        self._arguments = [sys.executable, str(SCRIPT), kind, database_url, redis_url, str(file), str(lease_seconds)]
        self._variables: dict[str, str] = {}
        self.running: list[subprocess.Popen[bytes]] = []

    async def start(self, **variables: str) -> "subprocess.Popen[bytes]":
        """Start a worker; those that are started again later have the same variables."""
        self._variables |= variables
        with self.log.open("ab") as log:
            process = subprocess.Popen(self._arguments, stderr=log, env={**os.environ, **self._variables})
        self.running.append(process)
        ready = Path(f"{self.file}.{process.pid}")
        await self.until(lambda: ready.exists() or process.poll() is not None, 30)
        return process

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def said(self) -> list[str]:
        return self.log.read_text().splitlines()

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> float:
        """Wait, with workers that end started again; the seconds it took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def until_async(self, condition: Callable[[], Awaitable[Any]], seconds: float = 30.0) -> None:
        """The same for what has to be asked."""
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.05)

    async def keep_running(self) -> None:
        """Start each worker again that ends, as whoever runs a service does."""
        while True:
            for process in [one for one in self.running if one.poll() is not None]:
                self.running.remove(process)
                await self.start()
            await asyncio.sleep(0.05)

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def new_processes(tmp_path: Path) -> Iterator[Callable[..., Processes]]:
    """``new_processes("name", kind, database_url, redis_url)``: workers with a file of their own."""
    made: list[Processes] = []

    def new(name: str, kind: str, database_url: str, redis_url: str, **options: Any) -> Processes:
        made.append(Processes(kind, database_url, redis_url, tmp_path / f"{name}-effects", **options))
        return made[-1]

    yield new
    for processes in made:
        processes.close()


@pytest.fixture
def jobs(declared: Any) -> Any:
    """The jobs of the worker process, declared here as well."""
    spec = spec_from_file_location("worker_process", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lease_seconds() -> float:
    """Of the claims of ``processes``; a module may have another."""
    return LEASE


@pytest.fixture
def processes(
    kind: str,
    database_url: str,
    engine: Any,
    queues: Any,
    request: Any,
    new_processes: Any,
    jobs: Any,
    lease_seconds: float,
) -> Processes:
    """Workers of the test's broker, by whose own clock everything goes."""
    redis_url = request.getfixturevalue("redis_url") if kind == "redis" else "none"
    queues.broker().clock = None
    found: Processes = new_processes("worker", kind, database_url, redis_url, lease_seconds=lease_seconds)
    return found


@pytest.fixture
def keeper(processes: Processes) -> "Iterator[Callable[[], None]]":
    """Starts workers again that end, from its call on."""
    tasks: list[asyncio.Task[None]] = []
    yield lambda: tasks.append(asyncio.create_task(processes.keep_running()))
    for task in tasks:
        task.cancel()


class Effects:
    """What the jobs of workers in this process wrote."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    async def until(self, expected: list[str], seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while self.lines() != expected:
                await asyncio.sleep(0.02)


@pytest.fixture
def effects(jobs: Any, tmp_path: Path) -> Effects:
    found = Effects(tmp_path / "effects")
    jobs.FILE = str(found.file)
    return found


@pytest.fixture
async def point_at(queues: Any, kind: str, engine: Any) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Lets a queue use another server, or the same one by another way.

    A statement of PostgreSQL may take a second on it, and its answer the five more that it always may.
    """
    from glueful_hookspecs import Secret
    from glueful_orm.engines import engine_from_url
    from glueful_queue import DatabaseQueue
    from glueful_queue.redis_queue import RedisQueue
    from glueful_redis import RedisClients, RedisSettings

    async with AsyncExitStack() as stack:

        async def point(url: str, name: str = "default", **options: Any) -> None:
            options = {"poll_seconds": 0.1, **options}
            if kind == "redis":
                clients = RedisClients(RedisSettings(url=Secret(url), prefix="test"))
                stack.push_async_callback(clients.close)
                blocking = clients.dedicated(max_connections=5, socket_timeout=3.0, reconnect_seconds=0.0)
                queue: Any = RedisQueue(clients.shared, blocking, "test", name, **options)
                stack.push_async_callback(queue.disconnect)
            else:
                other = engine_from_url(url, statement_timeout_seconds=1.0, connect_timeout_seconds=1.0)
                await other.open()
                stack.push_async_callback(other.close)
                queue = DatabaseQueue(other, name, **options)
            queues._brokers[name] = queue

        yield point
