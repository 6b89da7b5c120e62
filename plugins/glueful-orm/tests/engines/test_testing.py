"""The helpers for tests."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.engines import ROUTER, Engine
from glueful_orm.errors import UniqueViolation
from glueful_orm.testing import assert_queries, recorded_queries, rolled_back
from glueful_orm.transactions import after_commit, run_in_transaction, transaction

Sql = Callable[[str], str]


@pytest.fixture(autouse=True)
async def table(engine: Engine) -> None:
    await engine.execute("CREATE TABLE t (a integer PRIMARY KEY)")
    await engine.execute("INSERT INTO t VALUES (1)")


async def stored() -> list[int]:
    return [row[0] for row in await ROUTER.engine.fetch("SELECT a FROM t ORDER BY a")]


async def test_the_expected_number_of_statements_passes_and_they_can_be_looked_at() -> None:
    with assert_queries(2) as statements:
        await stored()
        async with transaction():
            await stored()

    assert {statement.sql for statement in statements} == {"SELECT a FROM t ORDER BY a"}


async def test_another_number_of_statements_fails_and_shows_them(sql: Sql) -> None:
    with pytest.raises(AssertionError) as caught, assert_queries(1):
        await stored()
        await ROUTER.engine.execute(sql("INSERT INTO t\n VALUES (?)"), [2])

    lines = str(caught.value).splitlines()
    assert lines[0] == "1 statements expected, 2 were sent:"
    assert lines[1].startswith("  1. SELECT a FROM t ORDER BY a  (")
    assert lines[2].startswith(f"  2. {sql('INSERT INTO t VALUES (?)')}  (")


async def test_recording_keeps_the_observer_that_was_there_and_gives_it_back(engine: Engine) -> None:
    told: list[Any] = []
    observer = lambda *facts: told.append(facts)
    engine.observe = observer

    with recorded_queries() as outer, recorded_queries(engine) as inner:
        await stored()

    assert len(outer) == len(inner) == len(told) == 1
    assert engine.observe is observer


async def test_an_error_of_the_block_is_not_hidden_by_the_count() -> None:
    with pytest.raises(ZeroDivisionError), assert_queries(5):
        raise ZeroDivisionError


async def test_what_is_written_in_a_test_is_gone_afterwards(engine: Engine, sql: Sql) -> None:
    insert = sql("INSERT INTO t VALUES (?)")
    calls: list[str] = []

    async with rolled_back() as database:
        await database.execute(insert, [2])
        async with transaction():
            await database.execute(insert, [3])
            await after_commit(lambda: calls.append("committed"))
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await database.execute(insert, [4])
                raise ZeroDivisionError
        with pytest.raises(UniqueViolation):
            await database.execute(insert, [2])
        assert await stored() == [1, 2, 3]
        assert await engine.fetch(sql("SELECT a FROM t WHERE a = ?"), [2]) == []
        assert await ROUTER.engine.get_version() == ROUTER.engine.get_version_sync() == engine.get_version_sync()

    assert calls == ["committed"]
    assert await stored() == [1]
    assert ROUTER.engine is engine


async def test_tasks_that_write_at_once_take_turns_and_are_rolled_back_together(sql: Sql) -> None:
    insert = sql("INSERT INTO t VALUES (?)")

    async def work(number: int) -> None:
        async def write() -> None:
            await ROUTER.engine.execute(insert, [number])
            await asyncio.sleep(0)
            if number % 2:
                raise ZeroDivisionError

        await run_in_transaction(write)

    async with rolled_back():
        await asyncio.gather(*[work(number) for number in range(10, 20)], return_exceptions=True)
        assert await stored() == [1, 10, 12, 14, 16, 18]
        rows = [row[0] async for row in ROUTER.engine.stream("SELECT a FROM t", batch=2)]
        assert len(rows) == 6

    assert await stored() == [1]


async def test_a_cancelled_transaction_inside_keeps_the_rest_usable(sql: Sql) -> None:
    insert = sql("INSERT INTO t VALUES (?)")

    async def work() -> None:
        async with transaction():
            await ROUTER.engine.execute(insert, [2])
            await asyncio.sleep(60)

    async with rolled_back() as database:
        task = asyncio.create_task(work())
        while not database.in_use:  # noqa: ASYNC110 - it is about to begin
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

        assert await stored() == [1]


async def test_what_uses_the_database_after_the_end_is_told() -> None:
    async with rolled_back() as database:
        pass

    with pytest.raises(AssertionError, match=r"rolled_back\(\) has ended"):
        await database.fetch("SELECT 1")
