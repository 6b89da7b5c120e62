"""Transactions that are run again, and those that are not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.errors import (
    ConnectionLost,
    SerializationFailure,
    TransactionError,
    UniqueViolation,
)
from glueful_orm.transactions import (
    run_in_transaction,
    transaction,
)

Sql = Callable[[str], str]

pytestmark = pytest.mark.usefixtures("numbers")


async def test_a_conflict_is_tried_again_from_the_beginning(insert: Any, stored: Any) -> None:
    attempts: list[int] = []

    async def work() -> str:
        attempts.append(len(attempts))
        await insert(len(attempts))
        if len(attempts) < 3:
            raise SerializationFailure("another transaction was in the way")
        return "done"

    assert await run_in_transaction(work, retries=3) == "done"
    assert await stored() == [3]


async def test_retries_are_counted_and_the_last_error_is_told(insert: Any, stored: Any) -> None:
    attempts: list[int] = []

    @transaction(retries=2)
    async def work(value: int) -> None:
        attempts.append(value)
        await insert(value)
        raise SerializationFailure("another transaction was in the way")

    with pytest.raises(SerializationFailure):
        await work(7)

    assert attempts == [7, 7, 7]
    assert await stored() == []


@pytest.mark.parametrize("error", [ConnectionLost("lost"), ZeroDivisionError(), UniqueViolation(table="t")])
async def test_nothing_but_a_conflict_is_tried_again(error: Exception) -> None:
    attempts: list[int] = []

    async def work() -> None:
        attempts.append(1)
        raise error

    with pytest.raises(type(error)):
        await run_in_transaction(work, retries=5)

    assert attempts == [1]


async def test_no_attempt_begins_after_the_budget_is_spent() -> None:
    attempts: list[int] = []

    async def work() -> None:
        attempts.append(1)
        raise SerializationFailure("another transaction was in the way")

    with pytest.raises(SerializationFailure):
        await run_in_transaction(work, retries=1_000, budget_seconds=0)

    assert attempts == [1]


async def test_only_the_outermost_transaction_is_tried_again() -> None:
    attempts: list[str] = []

    async def inner() -> None:
        attempts.append("inner")
        raise SerializationFailure("another transaction was in the way")

    async def outer() -> None:
        attempts.append("outer")
        await run_in_transaction(inner, retries=5)

    with pytest.raises(SerializationFailure):
        await run_in_transaction(outer, retries=1)

    assert attempts == ["outer", "inner", "outer", "inner"]


async def test_a_block_cannot_be_run_again_and_says_what_can() -> None:
    with pytest.raises(TransactionError, match=r"decorate a function with @transaction\(retries=3\)"):
        async with transaction(retries=3):
            pass


async def test_serializable_increments_all_arrive_when_they_are_retried(engine: Engine, sql: Sql, insert: Any) -> None:
    await engine.execute("CREATE TABLE counter (n integer)")
    await engine.execute("INSERT INTO counter VALUES (0)")

    @transaction("serializable", retries=50)
    async def increment() -> None:
        [[value]] = await engine.fetch("SELECT n FROM counter")
        await engine.execute(sql("UPDATE counter SET n = ?"), [value + 1])

    await asyncio.gather(*[increment() for _ in range(8)])

    assert [row[0] for row in await engine.fetch("SELECT n FROM counter")] == [8]
