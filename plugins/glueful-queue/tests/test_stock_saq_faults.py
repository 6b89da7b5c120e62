"""What SAQ 0.26 itself does, and what ours does in its place: each test fails on one of them, on purpose.

A test that begins to fail here on SAQ's side says that SAQ has mended it: then ours can shrink.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from glueful_queue import JobWorker, QueueSettings, job
from glueful_queue.broker import Outcome
from saq import Worker
from saq.job import Job, Status
from saq.queue.redis import RedisQueue as StockQueue

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # SAQ on redis-py 8


@pytest.fixture(params=["redis"])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
async def stock(redis_url: str) -> AsyncIterator[StockQueue]:
    from redis.asyncio import Redis

    queue = StockQueue(Redis.from_url(redis_url, socket_timeout=None))
    await queue.connect()
    yield queue
    await queue.disconnect()


async def begun(queue: Any, job: Job, worker: str = "killed") -> None:
    """What SAQ's worker does before it calls the function."""
    job.started, job.attempts, job.worker_id = int(time.time() * 1000), job.attempts + 1, worker
    await job.update(status=Status.ACTIVE)


def test_one_attempt_and_ten_seconds_are_the_defaults_of_saq() -> None:
    assert (Job("x").retries, Job("x").timeout) == (1, 10)
    assert (QueueSettings().retries, QueueSettings().timeout_seconds) == (5, 300)


async def test_a_job_without_timeout_is_active_for_ever_when_its_worker_dies(
    stock: StockQueue, broker: Any, clock: Any
) -> None:
    await stock.enqueue("x", key="a", timeout=0, retries=3)
    taken = await stock.dequeue(1)
    assert taken is not None
    await begun(stock, taken)
    taken.started -= 10**9
    await taken.update(status=Status.ACTIVE)
    assert await stock.sweep(lock=1) == []

    await broker.enqueue("x", key="a", timeout=0, retries=3)
    await broker.dequeue(1)
    clock.advance(11)
    assert await broker.sweep() == ["a"]


async def test_a_sweep_takes_a_job_away_from_the_worker_that_has_just_dequeued_it(
    stock: StockQueue, broker: Any
) -> None:
    await stock.enqueue("x", key="a", retries=3)
    await stock.dequeue(1)
    assert len(await stock.sweep(lock=1, abort=0.01)) == 1

    await broker.enqueue("x", key="a", retries=3)
    await broker.dequeue(1)
    assert await broker.sweep() == []


async def test_a_scheduled_job_that_fails_is_queued_twice(stock: StockQueue, broker: Any, clock: Any) -> None:
    async def failed_once(queue: Any, due: float) -> list[Job | None]:
        await queue.enqueue("x", key="a", retries=5, scheduled=due)
        await queue.schedule()
        taken = await queue.dequeue(1)
        await begun(queue, taken)
        await taken.retry("failed")
        await asyncio.sleep(0 if queue is broker else 1.05)  # the lock of SAQ's schedule()
        await queue.schedule()
        return [await queue.dequeue(0.05) for _ in range(2)]

    assert [one is not None for one in await failed_once(stock, int(time.time()) - 5)] == [True, True]
    assert [one is not None for one in await failed_once(broker, clock() - 5)] == [True, False]


async def test_orphans_are_swept_one_after_the_other(stock: StockQueue, broker: Any, clock: Any) -> None:
    async def swept(queue: Any) -> float:
        for number in range(4):
            await queue.enqueue("x", key=str(number), timeout=1, retries=3)
            taken = await queue.dequeue(1)
            await begun(queue, taken)
            if queue is stock:
                taken.started -= 10_000
                await taken.update(status=Status.ACTIVE)
        clock.advance(11)
        began = time.monotonic()
        assert len(await queue.sweep(1, 0.2)) == 4
        return time.monotonic() - began

    assert await swept(stock) > 0.75
    assert await swept(broker) < 0.2


async def test_a_worker_spins_while_redis_is_down(
    stock: StockQueue, queues: Any, redis_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def counted(function: Any) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal tries
            tries += 1
            return await function(*args, **kwargs)

        return call

    stock_worker = Worker(stock, [], concurrency=1)
    monkeypatch.setattr(stock_worker, "SIGNALS", [])
    worker = JobWorker(queues, queues.broker(), 1)
    monkeypatch.setattr(stock, "dequeue", counted(stock.dequeue))
    redis_server.stop()
    try:
        task = asyncio.create_task(stock_worker.start())
        await asyncio.sleep(0.5)
        await stock_worker.stop()
        await task
        spun, tries = tries, 0

        monkeypatch.setattr(queues.broker(), "claim", counted(queues.broker().claim))
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.5)
        await worker.stop(0)
        await task
    finally:
        redis_server.start()

    assert spun > 50
    assert tries < 12


async def test_an_idle_worker_waits_for_its_whole_grace(
    stock: StockQueue, queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock_worker = Worker(stock, [], concurrency=1, shutdown_grace_period_s=1)
    monkeypatch.setattr(stock_worker, "SIGNALS", [])
    task = asyncio.create_task(stock_worker.start())
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await stock_worker.stop()
    await task
    assert time.monotonic() - began >= 1

    worker = JobWorker(queues, queues.broker(), 1)
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await worker.stop(1)
    await task
    assert time.monotonic() - began < 0.8


async def test_a_plain_function_that_runs_to_its_end_at_a_stop_is_queued_again(
    stock: StockQueue, queues: Any, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    began = threading.Event()

    def plain(*_: Any) -> None:
        began.set()
        time.sleep(0.4)
        runs.append("end")

    stock_worker = Worker(stock, [("plain", plain)], concurrency=1)
    monkeypatch.setattr(stock_worker, "SIGNALS", [])
    task = asyncio.create_task(stock_worker.start())
    await stock.enqueue("plain", key="a")
    await asyncio.to_thread(began.wait, 5)
    await stock_worker.stop()
    await task
    found = await stock.job("a")
    assert found is not None
    assert (runs, found.status) == (["end"], Status.QUEUED)

    began.clear()
    ours = job(name="plain")(lambda: plain())  # noqa: PLW0108 - a job has named parameters, and this one none
    handle = await ours.enqueue()
    worker = work()
    await asyncio.to_thread(began.wait, 5)
    await worker.stop(5)
    assert (runs, (await handle.job()).status) == (["end"] * 2, Status.COMPLETE)


async def test_a_worker_whose_job_was_swept_overwrites_the_outcome(stock: StockQueue, broker: Any, clock: Any) -> None:
    await stock.enqueue("x", key="a", retries=3)
    slow = await stock.dequeue(1)
    assert slow is not None
    await stock.retry(slow, "swept")
    quick = await stock.dequeue(1)
    assert quick is not None
    await quick.finish(Status.COMPLETE, result="quick")
    await slow.finish(Status.FAILED, error="slow")
    found = await stock.job("a")
    assert found is not None
    assert found.status is Status.FAILED

    await broker.enqueue("x", key="a", retries=3)
    slow = await broker.dequeue(1)
    clock.advance(11)
    await broker.sweep()
    quick = await broker.dequeue(1)
    await broker.settle(quick, Outcome(Status.COMPLETE))
    with pytest.raises(Exception, match="the claim on the job a has ended"):
        await broker.settle(slow, Outcome(Status.FAILED))
    assert (await broker.job("a")).status is Status.COMPLETE


async def test_one_job_of_a_group_starves_all_jobs_without_one(postgres_url: str, broker: Any) -> None:
    from saq.queue.postgres import PostgresQueue

    stock = PostgresQueue(url=postgres_url, min_size=1, max_size=4)
    await stock.connect()
    try:
        await stock.enqueue("x", key="a", group_key="g")
        assert await stock.dequeue(1) is not None
        await stock.enqueue("x", key="b")
        assert await stock.dequeue(0.5) is None
    finally:
        await stock.disconnect()

    await broker.enqueue("x", key="a", group_key="g")
    assert await broker.dequeue(1) is not None
    await broker.enqueue("x", key="b")
    assert (await broker.dequeue(0.5)).key == "b"
