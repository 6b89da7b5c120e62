"""Section g of the security list, by signals on real processes; each row is a test named by it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from glueful_queue import FailedJob
from glueful_queue.outbox import Outbox

SCRIPT = Path(__file__).with_name("worker_process.py")
LEASE = 1.0
BOUND = LEASE + 0.2 + 1.5
"""Lease, sweep, and what a loaded machine needs."""
pytestmark = pytest.mark.xdist_group("queue-processes")


class Processes:
    """Worker processes, and the file that they write; the time is the clock on the wall."""

    def __init__(self, kind: str, database_url: str, redis_url: str, file: Path) -> None:
        self.file = file
        self._arguments = [sys.executable, str(SCRIPT), kind, database_url, redis_url, str(file), str(LEASE)]
        self.running: list[subprocess.Popen[bytes]] = []

    async def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(self._arguments, stderr=subprocess.DEVNULL)
        self.running.append(process)
        ready = Path(f"{self.file}.{process.pid}")
        await self.until(lambda: ready.exists() or process.poll() is not None, 30)
        return process

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> float:
        """Wait, with workers that end started again; the seconds it took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
        return time.monotonic() - began

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
def jobs(declared: Any) -> Any:
    """The jobs of the worker process, declared here as well."""
    spec = spec_from_file_location("worker_process", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def processes(
    kind: str, database_url: str, engine: Any, queues: Any, request: Any, tmp_path: Path, jobs: Any
) -> AsyncIterator[Processes]:
    redis_url = request.getfixturevalue("redis_url") if kind == "redis" else "none"
    found = Processes(kind, database_url, redis_url, tmp_path / "effects")
    queues.broker().clock = None
    yield found
    found.close()


@pytest.fixture
def keeper(processes: Processes) -> "Iterator[Callable[[], None]]":
    tasks: list[asyncio.Task[None]] = []
    yield lambda: tasks.append(asyncio.create_task(processes.keep_running()))
    for task in tasks:
        task.cancel()


async def test_kill_9_of_a_worker_before_the_start_in_the_middle_and_after_the_effect(
    processes: Processes, keeper: Any, jobs: Any, queues: Any
) -> None:
    await processes.start()
    keeper()
    await (await jobs.note.enqueue("dies before its start")).result(30)
    await (await jobs.dies_in_the_middle.enqueue("middle")).result(30)
    await (await jobs.dies_after_its_effect.enqueue("after")).result(30)

    assert processes.lines() == [
        "dies before its start",
        "middle begins",
        "middle begins",
        "middle ends",
        *["after"] * 2,
    ]
    assert await FailedJob.where().count() == 0


async def test_the_job_of_a_killed_worker_runs_again_within_the_stated_bound(processes: Processes, jobs: Any) -> None:
    handle = await jobs.slow.enqueue("slow", 60.0)
    killed = await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"])
    await processes.start()
    killed.kill()

    took = await processes.until(lambda: processes.lines() == ["slow begins"] * 2)

    assert took < BOUND
    assert (await handle.job()).attempts == 2


@pytest.mark.parametrize("kind", ["postgres", "redis"])
async def test_a_worker_that_was_stopped_for_twice_its_lease_cannot_overwrite(processes: Processes, jobs: Any) -> None:
    handle = await jobs.slow.enqueue("slow", 2.5)
    stopped = await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"])
    stopped.send_signal(signal.SIGSTOP)
    await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"] * 2)
    stopped.send_signal(signal.SIGCONT)

    await handle.result(20)
    await processes.until(lambda: processes.lines().count("slow ends") == 2)
    found = await handle.job()

    assert found.attempts == 2
    assert found.worker_id is None
    assert stopped.poll() is None


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_poison_that_ends_its_process_or_never_yields_fails_after_its_attempts_and_others_run(
    kind: str, processes: Processes, keeper: Any, jobs: Any
) -> None:
    poison = [await jobs.exits.enqueue("exits"), await jobs.spins.enqueue("spins")]
    await processes.start()
    keeper()
    bystanders = [await jobs.note.enqueue(f"bystander {number}") for number in range(3)]

    failed: dict[str, Any] = {}
    async with asyncio.timeout(60):
        while len(failed) < 2:
            failed = {row.key: row async for row in _failed()}
            await asyncio.sleep(0.05)
        for handle in bystanders:
            await handle.result()

    assert {handle.key for handle in poison} == set(failed)
    assert {row.reason for row in failed.values()} == {"lost"}
    counted = Counter(processes.lines())
    assert 1 <= counted["exits"] <= 4
    assert 1 <= counted["spins"] <= 4
    assert {row.attempts for row in failed.values()} == {4}


async def _failed() -> AsyncIterator[Any]:
    for row in await FailedJob.where(name__in=["process.exits", "process.spins"]):
        yield row


async def test_kill_9_of_the_enqueuer_between_its_commit_and_the_enqueueing(
    processes: Processes, jobs: Any, queues: Any, database_url: str
) -> None:
    code = f"""
import asyncio, os, runpy, sys
sys.argv = ["worker_process.py"]
jobs = runpy.run_path({str(SCRIPT)!r})
from glueful_orm import connect, transaction
from glueful_queue import DatabaseQueue, Queues, QueueSettings
from glueful_queue.binding import bind

async def main():
    async with connect({database_url!r}) as engine:
        is_transactional = {queues.is_transactional!r}
        bind(Queues(QueueSettings(), lambda name: DatabaseQueue(engine, name), is_transactional=is_transactional))
        async with transaction():
            await jobs["note"].using(outbox=True).enqueue("committed")
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await killed.wait() == -signal.SIGKILL

    await Outbox(queues).relay()
    await processes.start()

    await processes.until(lambda: processes.lines() == ["committed"])


# --- Redis ---


@pytest.fixture
def append_only() -> Iterator[Any]:
    from glueful_kernel.testing import RedisServer

    server = RedisServer(append_only=True)
    yield server
    server.close()


@pytest.mark.parametrize("kind", ["redis"])
async def test_redis_is_restarted_with_its_file_under_a_worker(
    kind: str, point_at: Any, work: Any, jobs: Any, append_only: Any, caplog: Any, tmp_path: Path
) -> None:
    point_at(append_only.url)
    jobs.FILE = str(tmp_path / "effects")
    for number in range(20):
        await jobs.note.using(delay=1.5).enqueue(f"n{number}")
    work()
    await asyncio.sleep(0.2)
    append_only.stop()
    caplog.clear()

    before = time.process_time()
    await asyncio.sleep(2)
    busy = (time.process_time() - before) / 2
    lines = len(caplog.records)
    append_only.start()
    began = time.monotonic()

    async with asyncio.timeout(15):
        while len(lines_of(jobs.FILE)) < 20:
            await asyncio.sleep(0.02)
    assert time.monotonic() - began < 5
    assert sorted(lines_of(jobs.FILE)) == sorted(f"n{number}" for number in range(20))
    assert busy < 0.15, "an idle worker uses little, even where a test's own load counts"
    assert lines < 20


@pytest.mark.parametrize("kind", ["redis"])
async def test_redis_that_restarts_without_a_file_loses_what_waited_and_workers_go_on(
    kind: str, point_at: Any, work: Any, jobs: Any, tmp_path: Path
) -> None:
    from glueful_kernel.testing import RedisServer

    jobs.FILE = str(tmp_path / "effects")
    server = RedisServer()
    try:
        point_at(server.url)
        work()
        await jobs.note.enqueue("before")
        await seen(jobs.FILE, ["before"])
        await jobs.note.using(delay=1).enqueue("lost")
        server.stop()
        server.start()
        await jobs.note.using(delay=1.5).enqueue("after")

        await seen(jobs.FILE, ["before", "after"])
    finally:
        server.close()


@pytest.mark.parametrize("kind", ["redis"])
@pytest.mark.parametrize("fault", ["out of memory", "read only"])
async def test_redis_refuses_writes_for_a_while(
    kind: str, engine: Any, queues: Any, work: Any, jobs: Any, redis_url: str, fault: str, tmp_path: Path
) -> None:
    from glueful_queue import BrokerUnreachable
    from redis.asyncio import Redis

    jobs.FILE = str(tmp_path / "effects")
    await jobs.note.enqueue("before")
    async with Redis.from_url(redis_url) as admin:
        if fault == "out of memory":
            await admin.config_set("maxmemory", "1")
        else:
            await admin.replicaof("127.0.0.1", "1")
        try:
            work()
            with pytest.raises(BrokerUnreachable):
                await jobs.note.enqueue("refused")
            if fault == "out of memory":  # what leads to less memory is still allowed
                await seen(jobs.FILE, ["before"])
            else:
                await asyncio.sleep(0.3)
                assert lines_of(jobs.FILE) == []
        finally:
            await admin.config_set("maxmemory", "0")
            await admin.replicaof("NO", "ONE")
    began = time.monotonic()
    async with asyncio.timeout(10):
        while lines_of(jobs.FILE) != ["before"]:
            await asyncio.sleep(0.02)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", ["redis"])
async def test_a_black_hole_before_redis_is_noticed_and_left(
    kind: str, point_at: Any, work: Any, jobs: Any, redis_url: str, caplog: Any, tmp_path: Path
) -> None:
    from glueful_kernel.testing import Proxy

    jobs.FILE = str(tmp_path / "effects")
    async with Proxy(redis_url) as proxy:
        point_at(proxy.url)
        work()
        await jobs.note.enqueue("one")
        await seen(jobs.FILE, ["one"])
        proxy.stall()
        began = time.monotonic()
        async with asyncio.timeout(15):
            while not any("cannot" in record.message for record in caplog.records):
                await asyncio.sleep(0.02)
        noticed = time.monotonic() - began
        proxy.resume()
        await jobs.note.enqueue("two")
        await seen(jobs.FILE, ["one", "two"])

    assert noticed < 8


@pytest.fixture
async def point_at(queues: Any) -> AsyncIterator[Callable[[str], None]]:
    """Lets the default queue use another server."""
    from glueful_hookspecs import Secret
    from glueful_queue.redis_queue import RedisQueue
    from glueful_redis import RedisClients, RedisSettings

    made: list[Any] = []

    def point(url: str) -> None:
        clients = RedisClients(RedisSettings(url=Secret(url), prefix="test"))
        blocking = clients.dedicated(max_connections=5, socket_timeout=3.0, reconnect_seconds=0.0)
        queue = RedisQueue(clients.shared, blocking, "test", "default", poll_seconds=0.1)
        made[:] = [queue, clients]
        queues._brokers["default"] = queue

    yield point
    if made:
        await made[0].disconnect()
        await made[1].close()


def lines_of(file: str) -> list[str]:
    return Path(file).read_text().splitlines() if Path(file).exists() else []


async def seen(file: str, expected: list[str]) -> None:
    async with asyncio.timeout(15):
        while lines_of(file) != expected:
            await asyncio.sleep(0.02)


# --- PostgreSQL ---


@pytest.mark.parametrize("kind", ["postgres"])
async def test_postgresql_is_restarted_under_a_worker(
    kind: str, engine: Any, queues: Any, work: Any, jobs: Any, postgres_server: Any, tmp_path: Path
) -> None:
    jobs.FILE = str(tmp_path / "effects")
    queues.broker().clock = None
    work()
    await jobs.note.enqueue("one")
    await seen(jobs.FILE, ["one"])
    await jobs.note.using(delay=0.5).enqueue("two")
    postgres_server.stop()
    await asyncio.sleep(0.5)
    postgres_server.start()

    await seen(jobs.FILE, ["one", "two"])


# --- signals ---


APP = """
import time
from glueful_kernel import create_app
from glueful_queue import job

@job(name="nap", timeout=0)
def nap(seconds: float) -> None:
    with open("effects", "a") as out: out.write("begins\\n")
    time.sleep(seconds)
    with open("effects", "a") as out: out.write("ends\\n")

app = create_app()
"""


@pytest.fixture
def installed(tmp_path: Path, others: str) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """``glueful`` in a folder with an application, as a process."""
    (tmp_path / "app.py").write_text(APP)
    environment = {"PATH": os.environ["PATH"], "GLUEFUL_PLUGINS__DISABLED": others}
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "glueful_kernel.cli", *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_sigterm_of_an_idle_worker_with_short_and_long_jobs_and_a_second_sigterm(
    kind: str, installed: Any, tmp_path: Path, declared: Any
) -> None:
    from glueful_orm import connect
    from glueful_queue import DatabaseQueue

    assert installed("db", "migrate").wait(60) == 0
    url = f"sqlite:///{tmp_path / 'glueful.sqlite3'}"

    def working(*options: str) -> "subprocess.Popen[str]":
        process = installed("queue", "work", *options)
        assert process.stdout is not None
        assert "working on" in process.stdout.readline()
        return process  # type: ignore[no-any-return]

    def told_to_stop(process: "subprocess.Popen[str]") -> float:
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(30) == 0
        return time.monotonic() - began

    assert told_to_stop(working("--grace", "60")) < 3, "with the end of the interpreter, on a loaded machine"

    async with connect(url) as engine:
        queue = DatabaseQueue(engine)
        await queue.enqueue("nap", key="short", seconds=0.8, retries=3)
        process = working("--grace", "60")
        await seen(str(tmp_path / "effects"), ["begins"])
        await asyncio.to_thread(told_to_stop, process)
        assert lines_of(str(tmp_path / "effects")) == ["begins", "ends"]
        short = await queue.job("short")
        assert short is not None
        assert short.status == "complete"

        (tmp_path / "effects").unlink()
        await queue.enqueue("nap", key="long", seconds=60, retries=3)
        process = working("--grace", "60")
        await seen(str(tmp_path / "effects"), ["begins"])
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert process.poll() is None
        assert await asyncio.to_thread(told_to_stop, process) < 4
        found = await queue.job("long")
        assert found is not None
        assert (found.status, found.attempts) == ("queued", 0)
