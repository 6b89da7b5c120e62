"""The queue where Redis is more than one server: behind sentinels, whose primary dies, and in a cluster."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_kernel.testing import RedisSentinel, RedisServer
from glueful_queue import BrokerUnreachable, FailedJob, Queues, chain, group, job
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings
from redis.asyncio import Redis
from redis.exceptions import RedisError

pytestmark = pytest.mark.parametrize("kind", ["redis"])


def plain(url: str) -> Any:
    """A client of redis-py as it comes."""
    return Redis.from_url(url)


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> float:
    """Wait until it holds, however often Redis refuses meanwhile; how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while True:
            try:
                if await condition():
                    return time.monotonic() - began
            except RedisError:
                pass
            await asyncio.sleep(0.05)


@pytest.fixture
async def queue_on(queues: Queues) -> AsyncIterator[Callable[[str], RedisQueue]]:
    """Puts the queues ``default`` and ``mail`` on another Redis, with the settings of an application."""
    made: list[RedisClients] = []

    def put(url: str) -> RedisQueue:
        clients = RedisClients(RedisSettings(url=Secret(url), prefix="test"))
        made.append(clients)
        blocking = clients.dedicated(max_connections=64, socket_timeout=5.5, reconnect_seconds=0.0)
        for name in ("default", "mail"):
            queue = RedisQueue(clients.shared, blocking, clients.prefix, name, lease_seconds=2.0)
            queue.siblings = queues.broker
            queues._brokers[name] = queue
        return queues._brokers["default"]  # type: ignore[return-value]

    yield put
    for name in ("default", "mail"):
        await queues._brokers.pop(name).disconnect()
    for clients in made:
        await clients.close()


async def everything_works(queues: Queues, work: Any) -> None:
    """Enqueue, run, retry, delay, keep in order, chain, group, cancel, count, list, pause."""
    seen: list[str] = []

    @job(name="note", retries=3, backoff=0.05)
    async def note(text: str, fails: int = 0) -> str:
        seen.append(text)
        if seen.count(text) <= fails:
            raise RuntimeError(text)
        return text

    @job(name="follow", queue="mail")
    async def follow(text: str = "") -> str:
        seen.append(f"follow {text}")
        return text

    @job(name="doomed", retries=2, backoff=0.05)
    async def doomed() -> None:
        raise ValueError("always")

    broker = queues.broker()
    waiting = await note.using(delay=3600, key="cancelled").enqueue("cancelled")
    await waiting.cancel()
    assert (await waiting.job()).status == "aborted"
    assert (await note.using(key="once", delay=0.6).enqueue("once")).is_new
    assert (await note.using(key="once").enqueue("once")).is_new is False
    await broker.pause()
    workers = [work(), work("mail")]
    plain = await note.enqueue("plain")
    retried = await note.enqueue("retried", 2)
    ordered = [await note.using(ordering_key="o").enqueue(f"ordered {number}", 1 - number) for number in range(2)]
    failing = await doomed.enqueue()
    assert (await broker.waiting()).is_paused
    assert {found.key async for found in broker.iter_jobs()} >= {plain.key, failing.key, "once"}
    assert seen == []
    await broker.resume()

    assert await plain.result(10) == "plain"
    assert await retried.result(10) == "retried"
    for handle in ordered:
        await handle.result(10)
    await chain(note.prepare("first"), follow.prepare()).enqueue()
    counted = await group(
        *[note.prepare(f"member {number}") for number in range(5)], then=follow.prepare("all")
    ).enqueue()
    await until(lambda: _holds(seen, "follow all", "follow ", "once"))
    assert (await counted.count()).is_done
    await until(lambda: FailedJob.where(key=failing.key, attempts=2).exists())
    assert seen.count("retried") == 3
    assert [text for text in seen if text.startswith("ordered")] == ["ordered 0", "ordered 0", "ordered 1"]
    assert "cancelled" not in seen
    await until(lambda: _is_empty(broker))
    assert (await broker.info())["workers"].keys() >= {workers[0].id}
    for worker in workers:
        await worker.stop(1)


async def _holds(seen: list[str], *texts: str) -> bool:
    return set(texts) <= set(seen)


async def _is_empty(broker: Any) -> bool:
    return bool(await broker.count("incomplete") == 0)


# --- sentinels ---


@pytest.fixture
def watched() -> Iterator[tuple[RedisServer, RedisServer, RedisSentinel]]:
    """A primary, its replica, and a sentinel that knows both."""
    primary = RedisServer(append_only=True)
    replica = RedisServer(append_only=True, options={"replicaof": f"127.0.0.1 {primary.port}"})
    sentinel = RedisSentinel(primary)
    yield primary, replica, sentinel
    for server in (sentinel, replica, primary):
        server.close()


async def is_followed(sentinel: RedisServer, replica: RedisServer) -> bool:
    """Whether the sentinel knows the replica, and that has all that the primary has."""
    async with plain(sentinel.url.rpartition("/")[0]) as asked, plain(replica.url) as second:
        known = await asked.execute_command("SENTINEL", "REPLICAS", "main")
        state = await second.info("replication")
        return bool(known) and state["master_link_status"] == "up"


async def test_behind_sentinels_everything_works(
    kind: str, queues: Queues, work: Any, queue_on: Any, watched: tuple[RedisServer, RedisServer, RedisSentinel]
) -> None:
    queue_on(f"redis+sentinel://127.0.0.1:{watched[2].port}/main")

    await everything_works(queues, work)


async def test_when_the_primary_dies_its_jobs_go_on_with_the_replica(
    kind: str, queues: Queues, work: Any, queue_on: Any, watched: tuple[RedisServer, RedisServer, RedisSentinel]
) -> None:
    """Waiting, delayed, running and failing jobs; new ones are refused with one error until there is a primary."""
    primary, replica, sentinel = watched
    broker = queue_on(f"redis+sentinel://127.0.0.1:{sentinel.port}/main")
    await until(lambda: is_followed(sentinel, replica))
    seen: list[str] = []
    release = asyncio.Event()

    @job(name="note", retries=5, backoff=0.2)
    async def note(text: str, fails: int = 0) -> None:
        seen.append(text)
        if seen.count(text) <= fails:
            raise RuntimeError(text)

    @job(name="held", retries=5, backoff=0.2)
    async def held() -> None:
        seen.append("held")
        await release.wait()

    await held.enqueue()
    worker = work()
    await until(lambda: _holds(seen, "held"))
    for number in range(10):
        await note.using(delay=0.5 + number / 10).enqueue(f"delayed {number}")
    await note.using(delay=0.5).enqueue("retried", 1)
    # What was acknowledged and not yet copied would be lost with the primary: Redis promises no more.
    await broker._redis.execute_command("WAIT", 1, 5000)

    primary.stop(signal.SIGKILL)
    refused = 0
    began = time.monotonic()
    while True:
        try:
            await note.using(key="afterwards").enqueue("afterwards")
        except BrokerUnreachable:
            refused += 1
            assert time.monotonic() - began < 30
            await asyncio.sleep(0.05)
        else:
            break
    release.set()
    await until(lambda: _is_empty(broker))
    await worker.stop(5)

    assert refused > 0
    assert (await broker._redis.info("server"))["tcp_port"] == replica.port
    assert set(seen) == {"held", "afterwards", "retried", *(f"delayed {number}" for number in range(10))}
    assert seen.count("retried") >= 2
    assert await FailedJob.where().count() == 0


# --- a cluster ---


@pytest.fixture
def nodes() -> Iterator[list[RedisServer]]:
    """Three nodes, each of which is to have a third of the slots."""
    from glueful_kernel.testing.process import free_port

    found = [
        RedisServer(
            options={"cluster-enabled": "yes", "cluster-port": str(free_port()), "cluster-node-timeout": "2000"}
        )
        for _ in range(3)
    ]
    yield found
    for node in found:
        node.close()


async def joined(nodes: list[RedisServer]) -> None:
    """Make one cluster of them."""
    slots = [(0, 5460), (5461, 10922), (10923, 16383)]
    for node, (first, last) in zip(nodes, slots, strict=True):
        async with plain(node.url) as redis:
            await redis.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            for other in nodes:
                async with plain(other.url) as there:
                    bus = (await there.config_get("cluster-port"))["cluster-port"]
                await redis.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)

    async def is_ready() -> bool:
        for node in nodes:
            async with plain(node.url) as redis:
                state = await redis.execute_command("CLUSTER INFO")
                if state["cluster_state"] != "ok":
                    return False
        return True

    await until(is_ready)


async def test_in_a_cluster_everything_works_and_all_keys_of_an_application_lie_in_one_slot(
    kind: str, queues: Queues, work: Any, queue_on: Any, nodes: list[RedisServer]
) -> None:
    await joined(nodes)
    queue_on(f"redis+cluster://127.0.0.1:{nodes[0].port}")

    await everything_works(queues, work)

    sizes = []
    for node in nodes:
        async with plain(node.url) as redis:
            sizes.append(await redis.dbsize())
    assert [size > 0 for size in sizes].count(True) == 1


async def test_while_the_slot_of_the_queue_moves_to_another_node_no_job_is_lost_or_runs_twice(
    kind: str, queues: Queues, work: Any, queue_on: Any, nodes: list[RedisServer]
) -> None:
    await joined(nodes)
    broker = queue_on(f"redis+cluster://127.0.0.1:{nodes[0].port}")
    seen: list[int] = []

    @job(name="note", retries=5, backoff=0.2)
    async def note(number: int) -> None:
        seen.append(number)

    async def enqueue(numbers: range) -> None:
        for number in numbers:
            while True:
                try:
                    await note.using(key=f"n{number}").enqueue(number)
                    break
                except BrokerUnreachable:
                    await asyncio.sleep(0.02)

    worker = work()
    await enqueue(range(100))
    enqueuing = asyncio.create_task(enqueue(range(100, 400)))
    await asyncio.sleep(0.05)
    await move_slot(nodes, broker.base)
    await enqueuing
    await until(lambda: _is_empty(broker))
    await worker.stop(1)

    assert sorted(seen) == list(range(400))


async def move_slot(nodes: list[RedisServer], key: str) -> None:
    """As ``redis-cli --cluster reshard`` does it: key by key, while clients go on."""
    clients = [plain(node.url) for node in nodes]
    try:
        slot = await clients[0].execute_command("CLUSTER", "KEYSLOT", key)
        ids = [(await one.execute_command("CLUSTER", "MYID")).decode() for one in clients]
        counts = [await one.execute_command("CLUSTER", "COUNTKEYSINSLOT", slot) for one in clients]
        source = counts.index(max(counts))
        target = (source + 1) % len(nodes)
        await clients[target].execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        await clients[source].execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        while keys := await clients[source].execute_command("CLUSTER", "GETKEYSINSLOT", slot, 20):
            await clients[source].execute_command(
                "MIGRATE", "127.0.0.1", nodes[target].port, "", 0, 5000, "KEYS", *keys
            )
        for one in (clients[target], clients[source], *clients):
            await one.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
    finally:
        for one in clients:
            await one.aclose()
