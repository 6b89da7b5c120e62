"""Declaring jobs, enqueueing them, and what becomes of their attempts; on every broker."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from glueful_hookspecs import Principal, current_scope
from glueful_orm import after_commit, transaction
from glueful_queue import (
    Backoff,
    FailedJob,
    GiveUp,
    JobArgumentsInvalid,
    JobContext,
    JobDeclaredTwice,
    JobFailed,
    JobNotFound,
    JobUnfit,
    QueueNameInvalid,
    QueueNotBound,
    RetryLater,
    chain,
    current_job,
    group,
    job,
)
from glueful_queue.binding import unbind
from saq.job import Status


class Address(msgspec.Struct):
    street: str
    number: int


# --- running ---


async def test_a_function_runs_with_its_arguments_and_its_result_is_kept(queues: Any, drain: Any) -> None:
    @job(name="greet")
    async def greet(name: str, address: Address, *, at: datetime, loud: bool = False) -> dict[str, Any]:
        assert isinstance(address, Address)
        assert at.tzinfo is not None
        return {"text": f"{name} in {address.street}", "loud": loud}

    handle = await greet.enqueue("Ada", Address("Main Street", 1), at=datetime.now(UTC))
    assert handle.is_new

    assert await drain() == 1
    assert await handle.result(1) == {"text": "Ada in Main Street", "loud": False}
    assert (await handle.job()).attempts == 1


async def test_a_plain_function_runs_in_a_thread_and_a_class_by_its_method_run(queues: Any, drain: Any) -> None:
    import threading

    @job(name="plain")
    def plain(text: str) -> list[str]:
        return [text, threading.current_thread().name]

    class Report(msgspec.Struct):
        month: int
        draft: bool = True

        async def run(self) -> str:
            return f"{self.month} {self.draft}"

    report = job(name="report")(Report)
    first, second = await plain.enqueue("a"), await report.enqueue(month=3)
    await drain()

    assert await first.result(1) == ["a", "glueful-job-plain"]
    assert await second.result(1) == "3 True"


async def test_a_declared_job_is_still_a_function() -> None:
    @job
    async def double(number: int) -> int:
        return 2 * number

    assert await double(4) == 8
    assert double.name.endswith("test_jobs.test_a_declared_job_is_still_a_function.double")


async def test_a_job_knows_itself_and_tells_its_progress(queues: Any, drain: Any) -> None:
    seen: list[Any] = []

    @job(name="knows")
    async def knows(context: JobContext, text: str) -> None:
        await context.progress(0.25)
        stored = await context.job.get_queue().job(context.key)
        assert stored is not None
        seen.append((text, context.attempt, stored.progress, current_job.get() is context))

    await knows.using(key="mine").enqueue(text="a")
    await drain()

    assert seen == [("a", 1, 0.25, True)]


# --- arguments ---


@pytest.mark.parametrize(
    ("args", "kwargs", "problem"),
    [
        ((1,), {}, "Expected `str`, got `int`"),
        (("a",), {"more": 1}, "unknown field `more`"),
        ((), {}, "missing required field `text`"),
        (("a", "b", "c"), {}, "3 positional arguments were given; there are 2"),
        (("a",), {"text": "b"}, "text was given twice"),
        (("a",), {"context": None}, "context is filled in by the worker"),
        (("x" * 300_000,), {}, "allowed are 262144"),
        ((object(),), {}, "Encoding objects of type object is unsupported"),
    ],
)
async def test_arguments_are_checked_when_a_job_is_enqueued(
    queues: Any, args: tuple[Any, ...], kwargs: Any, problem: str
) -> None:
    @job(name="checked")
    async def checked(context: JobContext, text: str, count: int = 1) -> None: ...

    with pytest.raises(JobArgumentsInvalid, match=problem):
        await checked.enqueue(*args, **kwargs)
    assert await queues.broker().count("incomplete") == 0


async def test_a_number_that_json_does_not_have_is_refused_and_not_lost(queues: Any) -> None:
    @job(name="scaled")
    async def scaled(factors: list[float | None]) -> None: ...

    with pytest.raises(JobArgumentsInvalid, match="JSON cannot hold nan, which stands at /factors/1"):
        await scaled.enqueue(factors=[None, float("nan")])
    await scaled.enqueue(factors=[None, 0.5])


def test_what_a_queue_could_not_keep_is_no_job() -> None:
    async def untyped(text) -> None: ...

    async def open_ended(*texts: str) -> None: ...

    async def unnamed(text: str, /) -> None: ...

    class Lame(msgspec.Struct):
        text: str

    for function in (untyped, open_ended, unnamed, Lame):
        with pytest.raises(JobUnfit):
            job(name="unfit")(function)


def test_two_jobs_with_one_name_are_a_conflict() -> None:
    @job(name="twice")
    async def first() -> None: ...

    async def second() -> None: ...

    with pytest.raises(JobDeclaredTwice, match="the job twice is declared by"):
        job(name="twice")(second)


def test_a_queue_has_a_short_plain_name() -> None:
    async def nothing() -> None: ...

    with pytest.raises(QueueNameInvalid):
        job(queue="Mail {x}")(nothing)


async def test_enqueueing_where_no_queue_runs_is_refused(queues: Any) -> None:
    @job(name="lonely")
    async def lonely() -> None: ...

    unbind(queues)
    with pytest.raises(QueueNotBound):
        await lonely.enqueue()


# --- options ---


async def test_a_delayed_job_waits(queues: Any, drain: Any, clock: Any) -> None:
    ran: list[str] = []

    @job(name="later")
    async def later(text: str) -> None:
        ran.append(text)

    await later.using(delay=timedelta(minutes=1)).enqueue("delayed")
    await later.using(at=clock.utc() + timedelta(minutes=2)).enqueue("at")
    await later.using(at=clock.utc() - timedelta(minutes=2)).enqueue("past")
    with pytest.raises(ValueError, match="time zone"):
        await later.using(at=datetime(2026, 1, 1)).enqueue("naive")  # noqa: DTZ001 - the point of it

    await drain()
    assert ran == ["past"]
    clock.advance(61)
    await drain()
    assert ran == ["past", "delayed"]
    clock.advance(61)
    await drain()
    assert ran == ["past", "delayed", "at"]


async def test_a_unique_job_is_enqueued_once_for_each_set_of_arguments(queues: Any, drain: Any, clock: Any) -> None:
    @job(name="once", unique=True)
    async def once(number: int, text: str = "") -> None: ...

    @job(name="window", unique=60)
    async def window() -> None: ...

    assert [(await once.enqueue(number)).is_new for number in (1, 2, 1)] == [True, True, False]
    assert [(await window.enqueue()).is_new for _ in range(2)] == [True, False]
    await drain()
    assert (await once.enqueue(1)).is_new
    assert not (await window.enqueue()).is_new
    clock.advance(61)
    assert (await window.enqueue()).is_new


async def test_a_job_waits_on_the_queue_that_it_names(queues: Any, drain: Any) -> None:
    @job(name="mail", queue="mail")
    async def mail() -> None: ...

    await mail.enqueue()
    await mail.using(queue="bulk").enqueue()

    assert [await drain(name) for name in ("default", "mail", "bulk")] == [0, 1, 1]


# --- failing ---


async def test_a_job_that_raises_runs_again_after_the_pauses_of_its_backoff(
    queues: Any, drain: Any, clock: Any
) -> None:
    began: list[float] = []

    @job(name="fails", retries=4, backoff=(10, 60))
    async def fails() -> None:
        began.append(clock())
        raise ValueError("broken")

    handle = await fails.enqueue()
    for _ in range(200):
        await drain()
        clock.advance(1)

    assert [round(later - earlier) for earlier, later in pairwise(began)] == [10, 60, 60]
    assert (await handle.job()).status is Status.FAILED
    (failed,) = await FailedJob.all()
    assert (failed.queue, failed.key, failed.name, failed.reason, failed.attempts) == (
        "default",
        handle.key,
        "fails",
        "error",
        4,
    )
    assert "ValueError: broken" in failed.error
    with pytest.raises(JobFailed, match="ValueError: broken"):
        await handle.result(1)


def test_delays_grow_and_have_a_bounded_part_of_chance() -> None:
    backoff = Backoff(first_seconds=2, factor=3, most_seconds=100, jitter=0.5)

    assert [backoff.delay(attempt, lambda: 0.0) for attempt in range(1, 7)] == [2, 6, 18, 54, 100, 100]
    assert backoff.delay(2, lambda: 1.0) == 9
    assert backoff.delay(10_000, lambda: 1.0) == 150


async def test_a_job_may_give_up_or_say_when_to_try_again(queues: Any, drain: Any, clock: Any) -> None:
    ran: list[str] = []

    @job(name="gives-up")
    async def gives_up() -> None:
        ran.append("gives up")
        raise GiveUp("the account is closed")

    @job(name="later")
    async def later() -> None:
        ran.append("later")
        if len(ran) < 3:
            raise RetryLater(90)

    first, second = await gives_up.enqueue(), await later.enqueue()
    await drain()
    clock.advance(89)
    await drain()
    assert ran == ["gives up", "later"]
    clock.advance(2)
    await drain()

    assert ran == ["gives up", "later", "later"]
    assert (await first.job()).status is Status.FAILED
    assert (await second.job()).status is Status.COMPLETE


async def test_a_job_that_takes_too_long_is_stopped(queues: Any, drain: Any) -> None:
    @job(name="slow", timeout=0.02, retries=1)
    async def slow() -> None:
        await asyncio.sleep(60)

    await slow.enqueue()
    await drain()

    (failed,) = await FailedJob.all()
    assert failed.reason == "timeout"


async def test_a_timeout_that_the_job_raises_itself_is_its_error(queues: Any, drain: Any) -> None:
    @job(name="own", timeout=60, retries=1)
    async def own() -> None:
        raise TimeoutError("the other server")

    await own.enqueue()
    await drain()

    (failed,) = await FailedJob.all()
    assert (failed.reason, "the other server" in failed.error) == ("error", True)


async def test_a_result_that_is_no_json_is_not_kept_and_the_job_is_complete(
    queues: Any, drain: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @job(name="odd")
    async def odd() -> object:
        return object()

    @job(name="long")
    async def long() -> str:
        return "x" * 300_000

    handles = [await odd.enqueue(), await long.enqueue()]
    await drain()

    assert [(await handle.job()).status for handle in handles] == [Status.COMPLETE] * 2
    assert [await handle.result(1) for handle in handles] == [None, None]
    assert len([record for record in caplog.records if "is not kept" in record.message]) == 2


# --- what cannot be run ---


async def test_what_cannot_be_run_goes_to_the_failed_jobs_with_its_reason_and_nothing_is_imported(
    queues: Any, drain: Any, declared: Any
) -> None:
    @job(name="typed", version=2)
    async def typed(address: Address) -> None: ...

    broker = queues.broker()
    await broker.enqueue("os.system", command="touch /tmp/never")
    await broker.enqueue("typed", address={"street": "Main", "gone": 1})
    await broker.enqueue("typed", address={"street": "Main", "number": 1}, meta={"version": 3})

    assert await drain() == 3

    found = {failed.reason: failed.error for failed in await FailedJob.all()}
    assert found.keys() == {"unknown", "invalid", "too_new"}
    assert found["unknown"] == "no job 'os.system' is declared in this worker"
    assert "missing required field `number`" in found["invalid"]
    assert "version 3; this worker knows version 2" in found["too_new"]
    assert await broker.count("incomplete") == 0


async def test_an_older_version_of_the_arguments_is_tried(queues: Any, drain: Any) -> None:
    @job(name="grown", version=2)
    async def grown(text: str, added: int = 7) -> int:
        return added

    enqueued = await queues.broker().enqueue("grown", text="a", meta={"version": 1})
    await drain()

    assert (await queues.broker().job(enqueued.key)).result == 7


# --- chains and groups ---


async def test_a_chain_runs_its_jobs_one_after_the_other(queues: Any, drain: Any) -> None:
    ran: list[str] = []

    @job(name="step")
    async def step(name: str) -> None:
        ran.append(name)

    handles = await chain(step.prepare("a"), step.using(queue="other").prepare("b"), step.prepare("c")).enqueue()

    assert [await drain(), await drain("other"), await drain()] == [1, 1, 1]
    assert ran == ["a", "b", "c"]
    assert [(await handle.job()).status for handle in handles] == [Status.COMPLETE] * 3


async def test_a_chain_ends_where_a_job_fails_for_good(queues: Any, drain: Any) -> None:
    @job(name="breaks", retries=1)
    async def breaks() -> None:
        raise ValueError

    @job(name="never")
    async def never() -> None: ...

    _, second = await chain(breaks.prepare(), never.prepare()).enqueue()
    await drain()

    with pytest.raises(JobNotFound):
        await second.job()


async def test_a_group_counts_its_jobs_and_enqueues_what_comes_after_all(queues: Any, drain: Any, clock: Any) -> None:
    ran: list[Any] = []

    @job(name="part", retries=2, backoff=1)
    async def part(number: int) -> None:
        ran.append(number)
        if number == 2:
            raise ValueError("broken")

    @job(name="whole")
    async def whole() -> None:
        ran.append("whole")

    handle = await group(*[part.prepare(number) for number in range(3)], then=whole.prepare()).enqueue()
    assert (await handle.count()).progress == 0

    await drain()
    assert (await handle.count()).progress == pytest.approx(2 / 3)
    clock.advance(2)
    await drain()

    assert ran == [0, 1, 2, 2, "whole"]
    count = await handle.wait(1)
    assert (count.total, count.complete, count.failed, count.is_done) == (3, 2, 1, True)


# --- transactions ---


async def test_a_job_of_a_transaction_runs_if_and_only_if_that_is_committed(queues: Any, drain: Any, kind: str) -> None:
    ran: list[str] = []

    @job(name="note")
    async def note(text: str) -> None:
        ran.append(text)

    with pytest.raises(RuntimeError):
        async with transaction():
            await note.enqueue("rolled back")
            raise RuntimeError
    async with transaction():
        await note.enqueue("committed")
        if kind != "sqlite":  # where nobody could write meanwhile anyway
            assert await asyncio.create_task(elsewhere(drain)) == 0
    await drain()

    assert ran == ["committed"]


async def elsewhere(drain: Any) -> int:
    from glueful_orm.transactions import outside_transaction

    with outside_transaction():
        count: int = await drain()
        return count


async def test_hooks_hear_of_a_job_of_a_transaction_after_the_commit(queues: Any) -> None:
    heard: list[str] = []

    @job(name="heard")
    async def heard_of() -> None: ...

    class Observed:
        def __bool__(self) -> bool:
            return True

        async def __call__(self, **arguments: Any) -> bool:
            heard.append(arguments["job"].function)
            return True

    queues.observers.on_enqueued = Observed()
    async with transaction():
        await heard_of.enqueue()
        assert heard == []
        await after_commit(lambda: heard.append("committed"))

    assert sorted(heard) == ["committed", "heard"]


# --- context ---


async def test_trace_principal_and_request_id_travel_with_a_job_and_with_what_it_enqueues(
    queues: Any, drain: Any
) -> None:
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen: list[Any] = []

    @job(name="outer")
    async def outer() -> None:
        await inner.enqueue()

    @job(name="inner")
    async def inner() -> None:
        scope = current_scope.get()
        seen.append((dict(scope["headers"]), scope["user"], scope["state"]["request_id"], scope["type"]))

    principal = Principal(id="7", scopes=frozenset({"a"}), claims={"tenant": "x"})
    scope = {
        "type": "http",
        "litestar_app": None,
        "headers": [(b"traceparent", trace), (b"cookie", b"secret")],
        "user": principal,
        "state": {"request_id": "r1"},
    }
    token = current_scope.set(scope)
    await outer.enqueue()
    current_scope.reset(token)
    await drain()

    assert seen == [({b"traceparent": trace}, principal, "r1", "job")]
