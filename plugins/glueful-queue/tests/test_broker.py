"""One suite for the three brokers: SAQ's own generic tests in spirit, and what brokers with claims promise beyond."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from glueful_queue import Broker, ClaimLost, QueuedJob
from glueful_queue.broker import Outcome
from saq.job import Job, Status

COMPLETE = Outcome(Status.COMPLETE, msgspec.Raw(b"3"))


async def add(broker: Broker, key: str = "", **values: Any) -> QueuedJob:
    job = broker.new_job("add", kwargs={"a": 1, "b": 2}, **({"key": key} if key else {}), **values)
    assert await broker.put([job]) == [True]
    return job


async def stored(broker: Broker, key: str) -> QueuedJob:
    found = await broker.job(key)
    assert isinstance(found, QueuedJob)
    return found


# --- SAQ's interface ---


async def test_a_job_is_enqueued_dequeued_and_finished_through_the_interface_of_saq(broker: Broker) -> None:
    job = await broker.enqueue("add", a=1, b=2)
    assert job is not None
    assert await broker.count("queued") == 1
    assert await broker.count("incomplete") == 1

    taken = await broker.dequeue(timeout=1)
    assert isinstance(taken, Job)
    assert (taken.function, taken.kwargs, taken.status, taken.attempts) == ("add", {"a": 1, "b": 2}, Status.ACTIVE, 1)
    assert (await broker.count("queued"), await broker.count("active")) == (0, 1)

    await taken.finish(Status.COMPLETE, result={"sum": 3})
    await job.refresh()
    assert (job.status, job.result, job.progress) == (Status.COMPLETE, {"sum": 3}, 1.0)
    assert await broker.count("incomplete") == 0
    assert broker.complete == 1


async def test_dequeue_waits_no_longer_than_it_is_told(broker: Broker) -> None:
    assert await broker.dequeue(timeout=0.01) is None


async def test_a_key_is_refused_while_its_job_is_not_done(broker: Broker) -> None:
    assert await broker.enqueue("add", key="one") is not None
    assert await broker.enqueue("add", key="one") is None

    (job,) = await broker.claim("w", 1)
    assert await broker.enqueue("add", key="one") is None
    await broker.settle(job, COMPLETE)

    assert await broker.enqueue("add", key="one") is not None
    assert (await stored(broker, "one")).attempts == 0


async def test_jobs_are_listed_by_status(broker: Broker) -> None:
    for key in "abc":
        await add(broker, key)
    (job,) = await broker.claim("w", 1)

    assert {found.key async for found in broker.iter_jobs()} == {"a", "b", "c"}
    assert {found.key async for found in broker.iter_jobs([Status.ACTIVE])} == {job.key}
    assert {found.key async for found in broker.iter_jobs([Status.QUEUED], batch_size=1)} == {"b", "c"}
    assert {found.key async for found in broker.iter_jobs([Status.FAILED])} == set()


async def test_info_tells_counts_workers_and_jobs(broker: Broker, clock: Any) -> None:
    await add(broker, "a")
    await add(broker, "b", delay_seconds=60.0)
    await broker.worker_info("w1", queue_key="default", metadata={"where": "here"})

    info = await broker.info(jobs=True, limit=10)

    assert (info["name"], info["queued"], info["scheduled"], info["active"]) == ("default", 1, 1, 0)
    assert info["workers"]["w1"]["metadata"] == {"where": "here"}
    assert {job["key"] for job in info["jobs"]} == {"a", "b"}


async def test_several_jobs_are_read_in_the_order_of_their_keys(broker: Broker) -> None:
    for key in "ab":
        await add(broker, key)

    found = await broker.jobs(["b", "missing", "a"])

    assert [job and job.key for job in found] == ["b", None, "a"]


async def test_update_stores_progress_and_meta(broker: Broker) -> None:
    await add(broker, "a")
    (job,) = await broker.claim("w", 1)

    await job.update(progress=0.5, meta={"step": 2})

    found = await stored(broker, "a")
    assert (found.progress, found.meta, found.status) == (0.5, {"step": 2}, Status.ACTIVE)


async def test_a_waiting_job_is_aborted_at_once(broker: Broker) -> None:
    job = await add(broker, "a")
    await add(broker, "b", delay_seconds=60.0)

    await broker.abort(job, "not needed")
    await broker.abort(await stored(broker, "b"), "not needed")

    for key in "ab":
        assert ((await stored(broker, key)).status, (await stored(broker, key)).error) == (
            Status.ABORTED,
            "not needed",
        )
    assert await broker.claim("w", 2) == []
    assert await broker.count("incomplete") == 0


async def test_the_worker_of_an_active_job_learns_of_its_abortion(broker: Broker) -> None:
    await add(broker, "a")
    (job,) = await broker.claim("w", 1)

    await broker.abort(await stored(broker, "a"), "stop")

    assert (await stored(broker, "a")).status is Status.ABORTING
    assert await broker.aborting("w", [job]) == {"a"}
    assert (await broker.renew("w", [job])).aborting == {"a"}
    await broker.settle(job, Outcome(Status.ABORTED, error="stop"))
    assert (await stored(broker, "a")).status is Status.ABORTED


async def test_a_batch_that_fails_aborts_its_jobs(broker: Broker) -> None:
    with pytest.raises(RuntimeError):
        async with broker.batch():
            job = await broker.enqueue("add", key="a")
            raise RuntimeError

    assert job is not None
    assert (await stored(broker, "a")).status is Status.ABORTED


async def test_a_retry_of_saq_queues_a_finished_job_again(broker: Broker) -> None:
    await add(broker, "a", retries=2)
    (job,) = await broker.claim("w", 1)
    await broker.settle(job, Outcome(Status.FAILED, error="broken"))

    await (await stored(broker, "a")).retry("from the web page")

    (again,) = await broker.claim("w", 1)
    assert (again.key, again.attempts) == ("a", 2)


async def test_sweep_gives_the_jobs_of_lost_workers_another_attempt(broker: Broker, clock: Any) -> None:
    await add(broker, "a", retries=2, timeout=0)
    await add(broker, "b", retries=1, timeout=0)
    await broker.claim("w", 2)
    assert await broker.sweep() == []

    clock.advance(11)

    assert sorted(await broker.sweep()) == ["a", "b"]
    assert (await stored(broker, "a")).status is Status.QUEUED
    assert ((await stored(broker, "b")).status, (await stored(broker, "b")).error) == (Status.ABORTED, "swept")


# --- order ---


async def test_smaller_priorities_run_earlier_and_equals_in_order(broker: Broker) -> None:
    for key, priority in (("a", 0), ("b", 5), ("c", -5), ("d", 0)):
        await add(broker, key, priority=priority)

    taken = [(await broker.claim("w", 1))[0].key for _ in range(4)]

    assert taken == ["c", "a", "d", "b"]


async def test_a_claim_takes_several_jobs_in_order(broker: Broker) -> None:
    for key in "abcde":
        await add(broker, key)

    assert [job.key for job in await broker.claim("w", 3)] == ["a", "b", "c"]
    assert [job.key for job in await broker.claim("w", 3)] == ["d", "e"]
    assert await broker.claim("w", 3) == []


async def test_scheduled_jobs_run_when_they_are_due(broker: Broker, clock: Any) -> None:
    await add(broker, "at", scheduled=clock() + 60)
    await add(broker, "delayed", delay_seconds=30.0)
    await broker.schedule()
    assert await broker.claim("w", 2) == []
    assert (await stored(broker, "at")).scheduled == pytest.approx(clock() + 60, abs=0.01)

    clock.advance(31)
    assert await broker.schedule() == ["delayed"]
    assert [job.key for job in await broker.claim("w", 2)] == ["delayed"]

    clock.advance(30)
    assert await broker.schedule() == ["at"]
    assert [job.key for job in await broker.claim("w", 2)] == ["at"]


async def test_jobs_of_one_ordering_key_run_one_after_the_other_and_starve_nobody(broker: Broker) -> None:
    for key, group in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("x", None), ("a3", "a")):
        await add(broker, key, group_key=group)

    first = await broker.claim("w", 10)
    assert sorted(job.key for job in first) == ["a1", "b1", "x"]
    assert await broker.claim("v", 10) == []

    await broker.settle(next(job for job in first if job.key == "a1"), COMPLETE)
    (second,) = await broker.claim("w", 10)
    assert second.key == "a2"
    await broker.settle(second, COMPLETE)
    assert [job.key for job in await broker.claim("w", 10)] == ["a3"]


async def test_a_failed_job_holds_up_those_behind_it_with_its_ordering_key(broker: Broker, clock: Any) -> None:
    await add(broker, "a1", group_key="a")
    await add(broker, "a2", group_key="a")
    (job,) = await broker.claim("w", 10)

    await broker.release(job, error="broken", delay=30.0)
    assert await broker.claim("w", 10) == []

    clock.advance(31)
    await broker.schedule()
    (again,) = await broker.claim("w", 10)
    assert again.key == "a1"
    await broker.settle(again, COMPLETE)
    assert [job.key for job in await broker.claim("w", 10)] == ["a2"]


async def test_a_cancelled_job_lets_those_behind_it_pass(broker: Broker) -> None:
    for key in ("a1", "a2", "a3"):
        await add(broker, key, group_key="a")

    await broker.abort(await stored(broker, "a1"), "cancelled")
    (second,) = await broker.claim("w", 10)
    assert second.key == "a2"
    await broker.abort(await stored(broker, "a3"), "cancelled")
    await broker.settle(second, COMPLETE)

    assert await broker.claim("w", 10) == []
    assert await broker.count("incomplete") == 0


async def test_many_workers_share_jobs_and_none_is_claimed_twice(
    broker: Broker, new_broker: Callable[..., Broker]
) -> None:
    jobs = [broker.new_job("add", key=f"k{n}", group_key=f"g{n % 7}" if n % 2 else None) for n in range(60)]
    await broker.put(jobs)
    others = [new_broker() for _ in range(4)]
    seen: list[str] = []

    async def worker(own: Broker, name: str) -> None:
        while taken := await own.claim(name, 3):
            for job in taken:
                seen.append(job.key)
                await own.settle(job, COMPLETE)

    while len(seen) < 60:
        await asyncio.gather(*(worker(own, f"w{index}") for index, own in enumerate(others)))

    assert sorted(seen) == sorted(job.key for job in jobs)


# --- claims ---


async def test_a_renewed_claim_is_not_taken_back(broker: Broker, clock: Any) -> None:
    await add(broker, "a")
    (job,) = await broker.claim("w", 1)

    clock.advance(9)
    assert (await broker.renew("w", [job])).held == {f"{job.token}:a"}
    clock.advance(9)
    assert await broker.lost() == []
    clock.advance(2)

    (lost,) = await broker.lost()
    assert lost.key == "a"
    assert (await broker.renew("w", [job])).held == frozenset()
    assert await broker.lost() == []


async def test_a_claim_whose_answer_was_lost_ends_with_its_lease_while_its_worker_is_busy(
    broker: Broker, clock: Any
) -> None:
    await add(broker, "held")
    await add(broker, "unheard of")
    (held,) = await broker.claim("w", 1)
    await broker.claim("w", 1)  # the network swallows what this answers

    for _ in range(3):
        clock.advance(6)
        renewal = await broker.renew("w", [held])
        assert renewal.held == {f"{held.token}:held"}

    assert [job.key for job in await broker.lost()] == ["unheard of"]


async def test_a_worker_that_lost_its_claim_cannot_say_anything_about_the_job(broker: Broker, clock: Any) -> None:
    await add(broker, "a")
    (late,) = await broker.claim("slow", 1)
    clock.advance(11)
    (taken_back,) = await broker.lost()
    await broker.release(taken_back, error="lost", delay=0.0)
    (current,) = await broker.claim("quick", 1)

    for write in (
        broker.settle(late, Outcome(Status.FAILED, error="late")),
        broker.release(late, error="late", delay=0.0),
        broker.update(late, progress=0.9),
    ):
        with pytest.raises(ClaimLost):
            await write

    await broker.settle(current, Outcome(Status.COMPLETE, msgspec.Raw(b'"quick"')))
    found = await stored(broker, "a")
    assert (found.status, found.result, found.error, found.attempts) == (Status.COMPLETE, "quick", None, 2)


async def test_an_attempt_that_was_given_back_does_not_count_if_it_should_not(broker: Broker) -> None:
    await add(broker, "a")
    (job,) = await broker.claim("w", 1)
    await broker.release(job, error=None, delay=0.0, counts=False)

    (again,) = await broker.claim("w", 1)

    assert again.attempts == 1


async def test_a_job_whose_key_was_used_again_is_not_touched_by_the_worker_of_the_old_one(
    broker: Broker, clock: Any
) -> None:
    await add(broker, "a", ttl=-1)
    (old,) = await broker.claim("w", 1)
    clock.advance(11)
    (taken_back,) = await broker.lost()
    await broker.settle(taken_back, COMPLETE)
    assert await broker.job("a") is None
    await add(broker, "a")
    await broker.claim("v", 1)

    with pytest.raises(ClaimLost):
        await broker.settle(old, COMPLETE)


async def test_jobs_that_are_given_back_to_run_alone_run_one_at_a_time_and_hold_up_nobody(
    broker: Broker, clock: Any
) -> None:
    for key in "abc":
        await add(broker, key)
    for job in await broker.claim("w", 3):
        await broker.release(job, error="lost", delay=0.0, alone=True)
    await add(broker, "other")

    first = await broker.claim("w", 10)
    assert sorted(job.key for job in first) == ["a", "other"]
    await broker.release(first[0 if first[0].key == "a" else 1], error="lost", delay=60.0, alone=True)
    (second,) = await broker.claim("w", 10)
    assert second.key == "b"
    await broker.settle(second, COMPLETE)
    (third,) = await broker.claim("w", 10)
    await broker.settle(third, COMPLETE)

    clock.advance(61)
    await broker.schedule()
    assert [job.key for job in await broker.claim("w", 10)] == ["a"]


# --- outcomes ---


@pytest.mark.parametrize(("ttl", "is_kept"), [(60, True), (0, True), (-1, False)])
async def test_an_outcome_is_kept_as_long_as_the_job_says(broker: Broker, ttl: int, is_kept: bool) -> None:
    await add(broker, "a", ttl=ttl)
    (job,) = await broker.claim("w", 1)

    await broker.settle(job, COMPLETE)

    assert (await broker.job("a") is not None) == is_kept


async def test_expired_outcomes_are_removed(
    broker: Broker, kind: str, clock: Any, new_broker: Callable[..., Broker]
) -> None:
    await add(broker, "short", ttl=0.05 if kind == "redis" else 60)
    await add(broker, "long", ttl=600)
    for job in await broker.claim("w", 2):
        await broker.settle(job, COMPLETE)

    if kind == "redis":  # which looks at its own clock
        async with asyncio.timeout(5):
            while await broker.job("short") is not None:
                await asyncio.sleep(0.01)
    clock.advance(61)
    await broker.forget_expired()

    assert await broker.job("short") is None
    assert await broker.job("long") is not None


async def test_a_unique_job_is_refused_for_a_while_even_when_it_is_done(broker: Broker, clock: Any) -> None:
    await add(broker, "a", unique_seconds=60.0, ttl=-1)
    (job,) = await broker.claim("w", 1)
    await broker.settle(job, COMPLETE)

    clock.advance(59)
    assert await broker.put([broker.new_job("add", key="a")]) == [False]
    clock.advance(2)
    assert await broker.put([broker.new_job("add", key="a")]) == [True]


async def test_one_call_tells_which_jobs_were_new(broker: Broker) -> None:
    await add(broker, "a")
    jobs = [broker.new_job("add", key=key) for key in ("a", "b", "c", "b")]

    assert await broker.put(jobs) == [False, True, True, False]
    assert await broker.count("queued") == 3


async def test_what_follows_is_enqueued_with_the_outcome_or_not_at_all(
    broker: Broker, new_broker: Callable[..., Broker], clock: Any
) -> None:
    other = new_broker("other")
    broker.siblings = other.siblings = {"default": broker, "other": other}.__getitem__
    await add(broker, "a")
    (job,) = await broker.claim("w", 1)
    follow = (broker.new_job("next", key="b"), other.new_job("elsewhere", key="c"))

    await broker.settle(job, Outcome(Status.COMPLETE, None, None, follow))
    with pytest.raises(ClaimLost):
        await broker.settle(job, Outcome(Status.COMPLETE, None, None, (broker.new_job("never", key="d"),)))

    assert [found.function for found in await broker.claim("w", 5)] == ["next"]
    assert [found.function for found in await other.claim("w", 5)] == ["elsewhere"]


async def test_the_last_job_of_a_group_enqueues_what_follows_from_all(
    broker: Broker, new_broker: Callable[..., Broker]
) -> None:
    other = new_broker("other")
    broker.siblings = other.siblings = {"default": broker, "other": other}.__getitem__
    await broker.new_group("g", 3, other.new_job("after", key="after", kwargs={"a": 1}), 600)
    for key in "abc":
        await add(broker, key)
    jobs = await broker.claim("w", 3)

    enqueued = [
        await broker.settle(job, Outcome(status, group="g"))
        for job, status in zip(jobs, (Status.COMPLETE, Status.FAILED, Status.COMPLETE), strict=True)
    ]

    assert [job and job.key for job in enqueued] == [None, None, "after"]
    count = await broker.group_count("g")
    assert count is not None
    assert (count.total, count.complete, count.failed, count.progress, count.is_done) == (3, 2, 1, 1.0, True)
    (after,) = await other.claim("w", 1)
    assert (after.function, after.kwargs) == ("after", {"a": 1})
    assert await broker.group_count("nobody's") is None


# --- what is stored is judged ---


async def test_a_payload_that_cannot_be_read_is_claimed_as_broken(broker: Broker, kind: str, engine: Any) -> None:
    await add(broker, "a")
    await overwrite(broker, engine, "a", b"{not json")

    (job,) = await broker.claim("w", 1)

    assert (job.broken, job.function, job.raw) == ("invalid", "", b"{not json")


async def test_a_payload_that_is_too_large_is_not_even_fetched(broker: Broker, kind: str, engine: Any) -> None:
    await add(broker, "a")
    await overwrite(broker, engine, "a", b"x" * 1_000_000)

    (job,) = await broker.claim("w", 1)

    assert (job.broken, job.raw) == ("too_large", b"")


async def overwrite(broker: Broker, engine: Any, key: str, payload: bytes) -> None:
    """What somebody with access to the broker, or another version, may have written."""
    if broker.kind == "redis":
        await broker._redis.hset(broker.job_id(key), "payload", payload)  # type: ignore[attr-defined]
    else:
        sql = broker._do.sql("UPDATE queue_jobs SET payload = $1 WHERE key = $2")  # type: ignore[attr-defined]
        await engine.execute(sql, (payload, key))


# --- operating ---


async def test_nothing_is_taken_from_a_paused_queue(broker: Broker, new_broker: Callable[..., Broker]) -> None:
    await add(broker, "a")
    await new_broker().pause()
    await broker.pause()
    assert (await broker.waiting()).is_paused
    assert await broker.claim("w", 1) == []

    await broker.resume()

    assert [job.key for job in await broker.claim("w", 1)] == ["a"]


async def test_waiting_tells_how_long_the_oldest_job_waits(broker: Broker, clock: Any) -> None:
    assert (await broker.waiting()).oldest_seconds == 0
    await add(broker, "a")
    clock.advance(42)
    await add(broker, "b")
    await add(broker, "c", delay_seconds=60.0)

    waiting = await broker.waiting()

    assert (waiting.queued, waiting.scheduled, waiting.active) == (2, 1, 0)
    assert waiting.oldest_seconds == pytest.approx(42, abs=0.1)


async def test_a_waiting_worker_learns_of_a_job_of_another_process(
    broker: Broker, new_broker: Callable[..., Broker]
) -> None:
    waiting = asyncio.create_task(broker.dequeue())
    await asyncio.sleep(0)

    await add(new_broker(), "a")

    async with asyncio.timeout(5):
        job = await waiting
    assert job is not None
    assert job.key == "a"
