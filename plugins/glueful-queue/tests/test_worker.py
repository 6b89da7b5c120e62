"""The worker: concurrency, cancellation, stopping, and jobs that behave badly; on every broker."""

import asyncio
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from glueful_queue import FailedJob, JobFailed, job
from glueful_queue.worker import JobWorker
from saq.job import Status


async def until(condition: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other tasks bring it about
            await asyncio.sleep(0.005)


async def test_a_worker_runs_as_many_jobs_at_a_time_as_it_is_told(queues: Any, work: Any) -> None:
    running, most, done = 0, 0, 0

    @job(name="counted")
    async def counted() -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        done += 1

    for _ in range(20):
        await counted.enqueue()
    work(concurrency=4)

    await until(lambda: done == 20)
    assert most == 4


async def test_a_result_is_awaited(queues: Any, work: Any) -> None:
    @job(name="double")
    async def double(number: int) -> int:
        return 2 * number

    work()

    assert await (await double.enqueue(4)).result(10) == 8


async def test_a_running_job_is_cancelled(queues: Any, work: Any) -> None:
    began = asyncio.Event()

    @job(name="endless")
    async def endless() -> None:
        began.set()
        await asyncio.Event().wait()

    handle = await endless.enqueue()
    work()
    await asyncio.wait_for(began.wait(), 10)

    await handle.cancel("not needed")

    with pytest.raises(JobFailed, match="not needed"):
        await handle.result(10)
    assert (await handle.job()).status is Status.ABORTED
    assert await FailedJob.where().count() == 0


async def test_an_idle_worker_stops_at_once(queues: Any, work: Any) -> None:
    worker = work()
    await asyncio.sleep(0.05)
    began = time.monotonic()

    await worker.stop(60)

    assert time.monotonic() - began < 1


async def test_a_stopping_worker_lets_jobs_end_and_takes_no_more(queues: Any, work: Any) -> None:
    began, go, ran = asyncio.Event(), asyncio.Event(), []

    @job(name="slow")
    async def slow(number: int) -> None:
        began.set()
        await go.wait()
        ran.append(number)

    first, second = await slow.enqueue(1), None
    worker = work(concurrency=1)
    await asyncio.wait_for(began.wait(), 10)
    second = await slow.enqueue(2)
    stopping = asyncio.create_task(worker.stop(10))
    await asyncio.sleep(0)
    go.set()
    await stopping

    assert ran == [1]
    assert (await first.job()).status is Status.COMPLETE
    assert (await second.job()).status is Status.QUEUED


async def test_a_job_that_does_not_end_in_time_is_given_back_and_its_attempt_does_not_count(
    queues: Any, work: Any
) -> None:
    began = asyncio.Event()

    @job(name="endless", retries=1)
    async def endless() -> None:
        began.set()
        await asyncio.Event().wait()

    handle = await endless.enqueue()
    worker = work()
    await asyncio.wait_for(began.wait(), 10)
    await worker.stop(0.01)

    found = await handle.job()
    assert (found.status, found.attempts) == (Status.QUEUED, 0)


async def test_a_plain_function_that_ends_within_the_grace_is_done_and_not_given_back(queues: Any, work: Any) -> None:
    began, go = threading.Event(), threading.Event()

    @job(name="plain")
    def plain() -> str:
        began.set()
        go.wait(10)
        return "done"

    handle = await plain.enqueue()
    worker = work()
    await until(began.is_set)
    stopping = asyncio.create_task(worker.stop(10))
    await asyncio.sleep(0.02)
    go.set()
    await stopping

    assert await handle.result(1) == "done"


async def test_a_job_that_ignores_its_cancellation_does_not_stay_for_ever(
    queues: Any, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glueful_queue.worker.DEAF_SECONDS", 0.05)
    queues.broker().clock = None
    queues.broker().lease_seconds = 0.3
    release = asyncio.Event()

    @job(name="deaf", timeout=0.05, retries=1)
    async def deaf() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    await deaf.enqueue()
    work()

    try:
        async with asyncio.timeout(10):
            while not await FailedJob.where(reason="timeout").exists():  # noqa: ASYNC110 - the worker finds out
                await asyncio.sleep(0.01)
    finally:
        release.set()


async def test_the_job_of_a_lost_worker_runs_again_within_the_stated_bound(queues: Any, work: Any, clock: Any) -> None:
    ran: list[int] = []

    @job(name="again", timeout=0)
    async def again() -> None:
        ran.append(1)

    handle = await again.enqueue()
    broker = queues.broker()
    await broker.claim("a worker that is killed", 1)
    work()
    await asyncio.sleep(0.1)
    assert ran == []

    clock.advance(broker.lease_seconds + 0.1)

    await until(lambda: ran == [1], broker.lease_seconds)
    await until(lambda: not queues.broker().news.is_set())
    assert (await handle.job()).attempts == 2


async def test_orphans_are_taken_back_together(queues: Any, work: Any, clock: Any) -> None:
    done: list[int] = []

    @job(name="orphan")
    async def orphan(number: int) -> None:
        done.append(number)

    for number in range(20):
        await orphan.enqueue(number)
    assert len(await queues.broker().claim("killed", 20)) == 20
    clock.advance(11)
    work(concurrency=20)

    await until(lambda: len(done) == 20, 5)


async def test_a_job_that_always_loses_its_worker_fails_after_its_attempts(queues: Any, clock: Any, kind: str) -> None:
    @job(name="poison", retries=3, backoff=60)
    async def poison() -> None: ...

    handle = await poison.enqueue()
    broker = queues.broker()
    worker = JobWorker(queues, broker, 1)
    claims = []
    for _ in range(400):
        await worker.make_due()
        if jobs := await broker.claim("dies", 1):
            claims.append(round(clock()))
            assert jobs[0].attempts == len(claims)
        clock.advance(1)
        await worker.take_back_lost()

    assert [later - earlier for earlier, later in pairwise(claims)] == [10, 70]
    (failed,) = await FailedJob.where()
    assert (failed.reason, failed.attempts, failed.key) == ("lost", 3, handle.key)


async def test_a_worker_lets_go_of_a_job_that_another_one_took_over(queues: Any, work: Any, clock: Any) -> None:
    began, ended = asyncio.Event(), []

    @job(name="taken")
    async def taken() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("let go")
            raise

    await taken.enqueue()
    worker = work()
    await asyncio.wait_for(began.wait(), 10)
    clock.advance(11)
    (lost,) = await queues.broker().lost()
    await worker.renew()

    await until(lambda: ended == ["let go"])
    stored = await queues.broker().job(lost.key)
    assert stored.token == lost.token
