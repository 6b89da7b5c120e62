"""Cancellation at every await: no connection, no transaction and no half of one is left behind."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import aclosing
from functools import partial
from types import coroutine
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.transactions import after_commit, in_transaction, transaction

Sql = Callable[[str], str]


@coroutine
def cancelled_at(
    step: int, work: Coroutine[Any, Any, Any], *, when_served: bool
) -> Generator[Any, Any, tuple[bool, Any]]:
    """Run ``work`` and cancel its task at its ``step``-th await; whether it got that far, and what it returned.

    Args:
        step: from 1.
        work: what runs.
        when_served: cancel after the awaited thing has happened and before the task learns of it, else at once.
    """
    task = asyncio.current_task()
    assert task is not None
    count, value, error = 0, None, None
    while True:
        try:
            awaited = work.throw(error) if error is not None else work.send(value)
        except StopIteration as stop:
            return count >= step, stop.value
        count += 1
        if count == step:
            if when_served and awaited is not None:
                awaited.add_done_callback(lambda _: task.cancel())
            else:
                asyncio.get_running_loop().call_soon(task.cancel)
        value, error = None, None
        try:
            value = yield awaited
        except BaseException as thrown:
            error = thrown


async def at_every_await(
    work: Callable[[], Coroutine[Any, Any, Any]], check: Callable[[], Awaitable[None]], *, when_served: bool
) -> int:
    """Cancel ``work`` at its first await, at its second, and so on until it ends first; the number of awaits."""
    step = 1
    while True:
        task = asyncio.create_task(run_and_look(step, work, when_served=when_served))
        try:
            reached = await task
        except asyncio.CancelledError:
            reached = True
        await check()
        if not reached:
            return step - 1
        step += 1
        assert step < 200


async def run_and_look(step: int, work: Callable[[], Coroutine[Any, Any, Any]], *, when_served: bool) -> bool:
    try:
        reached, _ = await cancelled_at(step, work(), when_served=when_served)
    finally:
        assert not in_transaction(), "the context still has the transaction"
    return reached


@pytest.fixture
async def small(database_url: str, new_engine: Any) -> AsyncIterator[Engine]:
    """An engine with as few connections as can be, that models use."""
    from glueful_orm.engines import ROUTER

    options = {"readers": 1} if database_url.startswith("sqlite") else {"min_size": 1, "max_size": 1}
    engine: Engine = await new_engine(database_url, acquire_timeout_seconds=5, **options)
    await engine.execute("CREATE TABLE t (a integer)")
    ROUTER.bind(engine)
    yield engine
    ROUTER.unbind(engine)


async def given_back(engine: Engine) -> None:
    async with asyncio.timeout(5):
        while engine.in_use:  # noqa: ASYNC110 - a cancelled statement is waited for in the background
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("when_served", [False, True])
async def test_a_transaction_cancelled_anywhere_is_stored_completely_or_not_at_all(
    small: Engine, when_served: bool
) -> None:
    told: list[str] = []

    async def work() -> None:
        async with transaction():
            await small.execute("INSERT INTO t VALUES (1)")
            await after_commit(lambda: told.append("committed"))
            async with transaction():
                await small.execute("INSERT INTO t VALUES (2)")
            await small.fetch("SELECT count(*) FROM t")
            await small.executemany("INSERT INTO t VALUES (3)", [()])

    async def check() -> None:
        await given_back(small)
        rows = sorted(row[0] for row in await small.fetch("SELECT a FROM t"))
        assert rows in ([], [1, 2, 3])
        assert bool(rows) == (told == ["committed"])
        told.clear()
        await small.execute("DELETE FROM t")

    assert await at_every_await(work, check, when_served=when_served) >= 6


@pytest.mark.parametrize("when_served", [False, True])
async def test_a_transaction_that_fails_and_is_cancelled_anywhere_leaves_nothing(
    small: Engine, when_served: bool
) -> None:
    async def work() -> None:
        try:
            async with transaction():
                await small.execute("INSERT INTO t VALUES (1)")
                try:
                    async with transaction():
                        await small.execute("INSERT INTO t VALUES (2)")
                        raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    async def check() -> None:
        await given_back(small)
        assert await small.fetch("SELECT a FROM t") == []

    assert await at_every_await(work, check, when_served=when_served) >= 6


@pytest.mark.parametrize("when_served", [False, True])
async def test_single_statements_and_streams_cancelled_anywhere_give_their_connection_back(
    small: Engine, when_served: bool
) -> None:
    await small.execute("INSERT INTO t VALUES (1), (2), (3), (4)")

    async def work() -> None:
        await small.fetch("SELECT a FROM t")
        await small.execute("UPDATE t SET a = a")
        await small.executemany("INSERT INTO t VALUES (5)", [(), ()])
        async with aclosing(small.stream("SELECT a FROM t", batch=1)) as rows:
            async for _row in rows:
                pass
        async with aclosing(small.stream("SELECT a FROM t", batch=1)) as rows:
            async for _row in rows:
                break

    async def check() -> None:
        await given_back(small)
        await small.execute("DELETE FROM t WHERE a = 5")
        assert len(await small.fetch("SELECT a FROM t")) == 4

    assert await at_every_await(work, check, when_served=when_served) >= 6


@pytest.mark.parametrize("when_served", [False, True])
async def test_a_caller_cancelled_while_it_waits_in_line_keeps_nobody_waiting(small: Engine, when_served: bool) -> None:
    async def holder() -> None:
        async with transaction():
            await small.execute("INSERT INTO t VALUES (0)")
            await asyncio.sleep(0.002)

    async def work() -> None:
        await small.execute("INSERT INTO t VALUES (1)")

    async def contended() -> None:
        other = asyncio.create_task(holder())
        await asyncio.sleep(0)
        try:
            await work()
        finally:
            await asyncio.wait([other])

    async def check() -> None:
        await given_back(small)
        await asyncio.wait_for(small.execute("INSERT INTO t VALUES (2)"), 2)

    assert await at_every_await(contended, check, when_served=when_served) >= 2


async def test_a_pool_of_five_survives_a_hundred_tasks_of_which_many_are_cancelled(
    database_url: str, new_engine: Any, sql_for: Callable[[Engine], Sql]
) -> None:
    options = {"readers": 4} if database_url.startswith("sqlite") else {"min_size": 5, "max_size": 5}
    engine: Engine = await new_engine(database_url, acquire_timeout_seconds=20, **options)
    await engine.execute("CREATE TABLE t (a integer, half integer)")
    insert = sql_for(engine)("INSERT INTO t VALUES (?, ?)")
    dice = random.Random(5)
    finished: set[int] = set()

    async def work(number: int) -> None:
        async with engine.transaction():
            await engine.execute(insert, [number, 1])
            await engine.fetch("SELECT count(*) FROM t")
            async with engine.transaction():
                await engine.execute(insert, [number, 2])
        await engine.fetch("SELECT 1")
        finished.add(number)

    tasks = [
        asyncio.create_task(
            run_and_look(dice.randint(1, 10), partial(work, number), when_served=dice.random() < 0.5)
            if number % 3 == 0
            else work(number)
        )
        for number in range(100)
    ]
    async with asyncio.timeout(30):
        await asyncio.wait(tasks)
    await given_back(engine)

    assert finished >= {number for number in range(100) if number % 3}
    halves: dict[int, int] = {}
    for row in await engine.fetch("SELECT a, half FROM t"):
        halves[row[0]] = halves.get(row[0], 0) + row[1]
    assert set(halves.values()) == {3}, "half of a transaction was stored"
    assert set(halves) >= finished
    if engine.dialect == "postgres":
        open_transactions = await engine.fetch(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        assert open_transactions[0][0] == 0
    results = await asyncio.gather(*[engine.fetch("SELECT 1") for _ in range(20)])
    assert len(results) == 20
