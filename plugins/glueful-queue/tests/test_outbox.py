"""The outbox: a job of a committed transaction reaches Redis, whatever dies in between; on Redis alone."""

import asyncio
from typing import Any

import pytest
from glueful_orm import transaction
from glueful_queue import BrokerUnreachable, job
from glueful_queue.tables import QueueOutbox


@pytest.fixture(params=["redis"])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def note() -> Any:
    ran: list[str] = []

    @job(name="note")
    async def note(text: str) -> None:
        ran.append(text)

    note.ran = ran  # type: ignore[attr-defined]
    return note


async def test_a_job_of_the_outbox_is_a_row_of_the_transaction(queues: Any, drain: Any, note: Any) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await note.using(outbox=True).enqueue("rolled back")
            raise RuntimeError
    async with transaction():
        handle = await note.using(outbox=True).enqueue("committed")
        assert handle.is_new is None

    assert await drain() == 0
    assert await queues.outbox.relay() == 1
    assert await queues.outbox.relay() == 0
    await drain()
    assert note.ran == ["committed"]


async def test_a_relay_that_dies_after_it_sent_does_not_run_a_job_twice(
    queues: Any, drain: Any, note: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await note.using(outbox=True).enqueue("once")

    class Died(BaseException):
        pass

    def died(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr("glueful_orm.Query.delete", died)
        await queues.outbox.relay()
    await drain()
    assert note.ran == ["once"]
    assert await QueueOutbox.where().count() == 1

    assert await queues.outbox.relay() == 1
    await drain()
    assert note.ran == ["once"]
    assert await QueueOutbox.where().count() == 0


async def test_delays_of_the_outbox_count_from_the_enqueueing(queues: Any, drain: Any, note: Any, clock: Any) -> None:
    await note.using(outbox=True, delay=60).enqueue("later")
    clock.advance(50)
    await queues.outbox.relay()
    await drain()
    assert note.ran == []

    clock.advance(11)
    await drain()
    assert note.ran == ["later"]


async def test_many_rows_are_relayed_once_by_two_relays(queues: Any, note: Any) -> None:
    for number in range(250):
        await note.using(outbox=True).enqueue(str(number))

    async def relay() -> int:
        count = 0
        while relayed := await queues.outbox.relay():
            count += relayed
        return count

    assert sum(await asyncio.gather(relay(), relay())) == 250
    assert await queues.broker().count("queued") == 250


async def test_without_redis_an_enqueue_is_one_clear_error_and_the_outbox_waits(
    queues: Any, drain: Any, note: Any, redis_server: Any, work: Any
) -> None:
    redis_server.stop()
    try:
        with pytest.raises(BrokerUnreachable, match="the redis broker of the queue does not answer"):
            await note.enqueue("lost")
        await note.using(outbox=True).enqueue("kept")
        with pytest.raises(BrokerUnreachable):
            await queues.outbox.relay()
    finally:
        redis_server.start()

    relay = asyncio.create_task(queues.outbox.run())
    work()
    async with asyncio.timeout(10):
        while not note.ran:  # noqa: ASYNC110 - a worker runs it
            await asyncio.sleep(0.01)
    await queues.outbox.stop(0)
    await relay
    assert note.ran == ["kept"]
