"""Faults of Redis and PostgreSQL, and of the network before them, on real servers."""

import asyncio
import os
import random
import signal
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# --- Redis ---


@pytest.fixture
def append_only() -> Iterator[Any]:
    from glueful_kernel.testing import RedisServer

    server = RedisServer(append_only=True)
    yield server
    server.close()


@pytest.mark.parametrize("kind", ["redis"])
async def test_redis_is_restarted_with_its_file_under_a_worker(
    kind: str, point_at: Any, work: Any, jobs: Any, append_only: Any, caplog: Any, effects: Any
) -> None:
    await point_at(append_only.url)
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
        while len(effects.lines()) < 20:
            await asyncio.sleep(0.02)
    assert time.monotonic() - began < 5
    assert sorted(effects.lines()) == sorted(f"n{number}" for number in range(20))
    assert busy < 0.15, "an idle worker uses little, even where a test's own load counts"
    assert lines < 20


@pytest.mark.parametrize("kind", ["redis"])
async def test_redis_that_restarts_without_a_file_loses_what_waited_and_workers_go_on(
    kind: str, point_at: Any, work: Any, jobs: Any, effects: Any
) -> None:
    from glueful_kernel.testing import RedisServer

    server = RedisServer()
    try:
        await point_at(server.url)
        work()
        await jobs.note.enqueue("before")
        await effects.until(["before"])
        await jobs.note.using(delay=1).enqueue("lost")
        server.stop()
        server.start()
        await jobs.note.using(delay=1.5).enqueue("after")

        await effects.until(["before", "after"])
    finally:
        server.close()


@pytest.mark.parametrize("kind", ["redis"])
@pytest.mark.parametrize("fault", ["out of memory", "read only"])
async def test_redis_refuses_writes_for_a_while(
    kind: str, engine: Any, queues: Any, work: Any, jobs: Any, redis_url: str, fault: str, effects: Any
) -> None:
    from glueful_queue import BrokerUnreachable
    from redis.asyncio import Redis

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
                await effects.until(["before"])
            else:
                await asyncio.sleep(0.3)
                assert effects.lines() == []
        finally:
            await admin.config_set("maxmemory", "0")
            await admin.replicaof("NO", "ONE")
    began = time.monotonic()
    await effects.until(["before"])
    assert time.monotonic() - began < 5


OPTIONS = {
    "loading": {"key-load-delay": "25000", "loading-process-events-interval-bytes": "1024"},
    "asleep": {"enable-debug-command": "yes"},
}
DOWN_SECONDS = 3.0


async def undergo(fault: str, server: Any) -> None:
    """Let it happen, and end."""
    from redis.asyncio import Redis

    client: Any = Redis.from_url(server.url)
    async with client as admin:
        match fault:
            case "stopped" | "killed" | "shut down without saving":
                if fault == "shut down without saving":
                    await admin.shutdown(nosave=True)
                server.stop(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
                await asyncio.sleep(DOWN_SECONDS)
                server.start()
            case "out of memory":
                await admin.config_set("maxmemory", "1")
                await asyncio.sleep(DOWN_SECONDS)
                await admin.config_set("maxmemory", "0")
            case "read only":
                await admin.replicaof("127.0.0.1", "1")
                await asyncio.sleep(DOWN_SECONDS)
                await admin.replicaof("NO", "ONE")
            case "asleep":
                await admin.execute_command("DEBUG", "SLEEP", str(DOWN_SECONDS))
            case "clients killed":
                for _ in range(10):
                    await admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                    await asyncio.sleep(DOWN_SECONDS / 10)
            case "loading":
                await admin.bgrewriteaof()
                while (await admin.info("persistence"))["aof_rewrite_in_progress"]:
                    await asyncio.sleep(0.02)
                server.stop(signal.SIGKILL)
                server.start(is_loaded=False)
                await admin.connection_pool.disconnect()
                assert await loading(admin)
                async with asyncio.timeout(30):
                    while await loading(admin):
                        await asyncio.sleep(0.05)


async def loading(admin: Any) -> bool:
    return bool((await admin.info("persistence"))["loading"])


def processor_seconds(process: Any) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.xdist_group("queue-processes")
@pytest.mark.parametrize("kind", ["redis"])
async def test_while_redis_is_down_a_worker_spares_processor_and_log_and_then_resumes_within_five_seconds(
    kind: str, engine: Any, database_url: str, new_processes: Any, jobs: Any
) -> None:
    """Servers with an append-only file, a worker with default settings for each, and one wait for all."""
    from glueful_hookspecs import Secret
    from glueful_kernel.testing import RedisServer
    from glueful_queue.redis_queue import RedisQueue
    from glueful_redis import RedisClients, RedisSettings

    faults = (
        *("stopped", "killed", "shut down without saving", "out of memory", "read only", "loading", "asleep"),
        "clients killed",
    )
    costs: dict[str, tuple[float, float, float]] = {}

    async def measure(fault: str, server: Any, workers: Any) -> None:
        clients = RedisClients(RedisSettings(url=Secret(server.url), prefix="test", reconnect_seconds=5))
        try:
            queue = RedisQueue(clients.shared, clients.shared, "test")
            process = await workers.start(WORKER_PACE="default")
            await queue.enqueue("process.note", key="before", retries=5, text="before")
            await workers.until(lambda: workers.lines() == ["before"])
            # Due at about its end: what was claimed at its beginning, and not heard of, would wait for the lease.
            due = {"delay_seconds": DOWN_SECONDS + 0.5, "retries": 5}
            await queue.put([queue.new_job("process.note", kwargs={"text": str(n)}, **due) for n in range(100)])
            began, spent, said = time.monotonic(), processor_seconds(process), len(workers.said())
            await undergo(fault, server)
            seconds = time.monotonic() - began
            assert seconds > 1
            used, told = processor_seconds(process) - spent, len(workers.said()) - said
            resumed = await workers.until(lambda: len(workers.lines()) == 101, 20)
            assert sorted(workers.lines()) == sorted(["before", *map(str, range(100))])
            costs[fault] = (used / seconds, told / seconds, resumed)
        finally:
            await clients.close()

    servers = [RedisServer(append_only=True, options=OPTIONS.get(fault, {})) for fault in faults]
    try:
        async with asyncio.TaskGroup() as group:
            for fault, server in zip(faults, servers, strict=True):
                workers = new_processes(fault, "redis", database_url, server.url, lease_seconds=30.0)
                group.create_task(measure(fault, server, workers))
    finally:
        for server in servers:
            server.close()

    assert {fault: cost for fault, cost in costs.items() if cost[0] > 0.05} == {}, "of one processor"
    assert {fault: cost for fault, cost in costs.items() if cost[1] > 10} == {}, "lines a second"
    assert {fault: cost for fault, cost in costs.items() if cost[2] > 5} == {}, "seconds until all is done"


# --- the network ---


@pytest.mark.parametrize("kind", ["redis", "postgres"])
async def test_a_black_hole_is_noticed_and_left(
    kind: str,
    engine: Any,
    queues: Any,
    point_at: Any,
    work: Any,
    jobs: Any,
    request: Any,
    proxy_to: Any,
    caplog: Any,
    effects: Any,
) -> None:
    """The one of a minute, before both at once, is in ``tests/composition/test_black_holes.py``."""
    proxy = await proxy_to(request.getfixturevalue(f"{kind}_url"))
    await point_at(proxy.url, lease_seconds=1.0)  # of what is claimed in it, and not heard of
    work()
    await jobs.note.enqueue("one")
    await effects.until(["one"])
    proxy.stall()
    began = time.monotonic()
    async with asyncio.timeout(15):
        while not any("cannot claim" in record.message for record in caplog.records):
            await asyncio.sleep(0.02)
    noticed = time.monotonic() - began
    proxy.resume()
    await jobs.note.enqueue("two")
    await effects.until(["one", "two"])

    assert noticed < 8


def disturb(proxy: Any, fault: str, chance: random.Random) -> None:
    """Once; what is told to a connection hits those of the moment."""
    match fault:
        case "latency":
            proxy.latency_seconds = 0.02
        case "one byte at a time":
            proxy.is_dripping = True
        case "cut on the way there":
            proxy.cut_after(chance.randrange(1, 600))
        case "cut on the way back":
            proxy.cut_after(chance.randrange(1, 600), from_server=True)
        case "reset":
            proxy.reset_all()
        case "half open":
            proxy.lose_server()
        case "forgotten":
            proxy.forget_all()


DISTURBANCES = {
    "latency": 1,
    "one byte at a time": 1,
    "cut on the way there": 20,
    "cut on the way back": 20,
    "reset": 10,
    "half open": 1,
    "forgotten": 1,
}
"""And how often within a second."""


@pytest.mark.parametrize("kind", ["redis", "postgres"])
async def test_a_network_that_disturbs_loses_no_job(
    kind: str, queues: Any, point_at: Any, work: Any, jobs: Any, proxy_to: Any, request: Any, effects: Any
) -> None:
    """A queue for each fault: its jobs are enqueued beside the proxy, and its worker is behind it; one wait for all."""
    url = request.getfixturevalue(f"{kind}_url")

    async def undergo(fault: str, times: int, name: str) -> None:
        chance = random.Random(fault)
        proxy = await proxy_to(url)
        direct = queues.broker(name)
        direct.clock = None
        await point_at(proxy.url, name, lease_seconds=1.0)
        worker = work(name)
        expected = {f"{fault}, before"}
        await direct.enqueue("process.note", key="before", retries=50, text=f"{fault}, before")
        async with asyncio.timeout(20):
            while f"{fault}, before" not in effects.lines():
                await asyncio.sleep(0.02)
        connections = proxy.connections
        for number in range(times):
            disturb(proxy, fault, chance)
            for text in (f"{fault}, {number} {index}" for index in range(60 // times)):
                await direct.enqueue("process.note", key=text, retries=50, text=text)
                expected.add(text)
            await asyncio.sleep(1 / times)

        async with asyncio.timeout(30):
            while await direct.count("incomplete"):
                await asyncio.sleep(0.05)
        await worker.stop(1)
        assert fault in ("latency", "one byte at a time") or proxy.connections > connections, "it was felt"
        assert {line for line in effects.lines() if line.startswith(fault)} == expected
        assert [job.status async for job in direct.iter_jobs()] == ["complete"] * len(expected)

    async with asyncio.TaskGroup() as group:
        for index, (fault, times) in enumerate(DISTURBANCES.items()):
            group.create_task(undergo(fault, times, f"queue{index}"))


# --- payloads ---

HUGE = 100_000_000


async def test_a_payload_of_100_mb_is_refused_and_one_that_is_there_fails_with_its_reason_without_being_fetched(
    kind: str, queues: Any, engine: Any, drain: Any, jobs: Any, effects: Any
) -> None:
    from glueful_queue import FailedJob, JobArgumentsInvalid

    with pytest.raises(JobArgumentsInvalid, match="allowed are 262144"):
        await jobs.note.enqueue("x" * HUGE)
    handle = await jobs.note.enqueue("huge")
    await jobs.note.enqueue("small")
    broker = queues.broker()
    if kind == "redis":
        script = f"return redis.call('HSET', KEYS[1], 'payload', string.rep('x', {HUGE}))"
        await broker._redis.eval(script, 1, broker.job_id(handle.key))
    else:
        made = f"zeroblob({HUGE})" if kind == "sqlite" else f"convert_to(repeat('x', {HUGE}), 'UTF8')"
        await engine.execute(broker._do.sql(f"UPDATE queue_jobs SET payload = {made} WHERE key = $1"), (handle.key,))

    tracemalloc.start()
    try:
        assert await drain() == 2
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    (failed,) = await FailedJob.all()
    assert (failed.key, failed.reason, failed.error) == (
        handle.key,
        "too_large",
        "the payload is larger than this worker reads",
    )
    assert effects.lines() == ["small"]
    assert most_bytes < HUGE / 10


# --- PostgreSQL ---


@pytest.mark.parametrize("kind", ["postgres"])
async def test_postgresql_is_restarted_under_a_worker(
    kind: str, engine: Any, queues: Any, work: Any, jobs: Any, postgres_server: Any, effects: Any
) -> None:
    queues.broker().clock = None
    work()
    await jobs.note.enqueue("one")
    await effects.until(["one"])
    await jobs.note.using(delay=0.5).enqueue("two")
    postgres_server.stop()
    await asyncio.sleep(0.5)
    postgres_server.start()

    await effects.until(["one", "two"])
