"""Transactions, the same on both databases."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from glueful_orm.engines import Engine
from glueful_orm.errors import (
    ConnectionLost,
    ForeignKeyViolation,
    SerializationFailure,
    TransactionAborted,
    TransactionError,
    TransactionTaskError,
    UniqueViolation,
)
from glueful_orm.transactions import (
    after_commit,
    after_rollback,
    in_transaction,
    outside_transaction,
    run_in_transaction,
    transaction,
)

Sql = Callable[[str], str]


@pytest.fixture(autouse=True)
async def table(engine: Engine) -> None:
    await engine.execute("CREATE TABLE t (a integer PRIMARY KEY)")


@pytest.fixture
def insert(engine: Engine, sql: Sql) -> Callable[[int], object]:
    return lambda value: engine.execute(sql("INSERT INTO t VALUES (?)"), [value])


@pytest.fixture
def stored(engine: Engine) -> Callable[[], object]:
    async def read() -> list[int]:
        return [row[0] for row in await engine.fetch("SELECT a FROM t ORDER BY a")]

    return read


# --- commit, rollback, savepoints ---


async def test_a_block_that_ends_is_stored_and_one_that_fails_is_not(insert, stored) -> None:
    async with transaction():
        await insert(1)
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await insert(2)
            raise ZeroDivisionError

    assert await stored() == [1]
    assert not in_transaction()


async def test_other_connections_see_the_rows_after_the_commit_only(engine: Engine, insert, stored) -> None:
    async with transaction():
        await insert(1)
        assert await stored() == [1]
        with outside_transaction():
            assert await stored() == []
        assert in_transaction()

    assert await stored() == [1]


async def test_an_inner_block_that_fails_undoes_its_own_rows_only(insert, stored) -> None:
    async with transaction():
        await insert(1)
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await insert(2)
                async with transaction():
                    await insert(3)
                raise ZeroDivisionError
        await insert(4)

    assert await stored() == [1, 4]


async def test_an_inner_block_that_ends_falls_with_the_outer_one(insert, stored) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            async with transaction() as current:
                await insert(1)
                assert current.depth == 1
            raise ZeroDivisionError

    assert await stored() == []


async def test_a_statement_that_may_fail_is_caught_in_an_inner_block(insert, stored) -> None:
    await insert(1)

    async with transaction():
        await insert(2)
        try:
            async with transaction():
                await insert(1)
        except UniqueViolation:
            await insert(3)

    assert await stored() == [1, 2, 3]


async def test_an_error_that_is_swallowed_inside_the_block_spoils_it_on_both_databases(insert, stored) -> None:
    await insert(1)

    with pytest.raises(TransactionAborted, match="an earlier statement of this transaction failed"):
        async with transaction():
            await insert(2)
            with pytest.raises(UniqueViolation):
                await insert(1)
            with pytest.raises(TransactionAborted):
                await insert(3)

    assert await stored() == [1]


async def test_an_error_that_is_swallowed_in_an_inner_block_spoils_only_that(insert, stored) -> None:
    await insert(1)

    async with transaction():
        await insert(2)
        with pytest.raises(TransactionAborted):
            async with transaction():
                await insert(3)
                with pytest.raises(UniqueViolation):
                    await insert(1)
        await insert(4)

    assert await stored() == [1, 2, 4]


async def test_a_commit_that_fails_leaves_nothing_behind(engine: Engine, insert, stored) -> None:
    await engine.execute("CREATE TABLE child (a integer REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)")

    with pytest.raises(ForeignKeyViolation):
        async with transaction():
            await insert(1)
            await engine.execute("INSERT INTO child VALUES (99)")

    assert not in_transaction()
    assert engine.in_use == 0
    assert await stored() == []
    await insert(2)
    assert await stored() == [2]


async def test_a_block_is_entered_once(insert) -> None:
    block = transaction()
    async with block:
        await insert(1)

    with pytest.raises(TransactionError, match="entered twice"):
        async with block:
            pass


# --- isolation, read-only ---


async def test_the_isolation_level_is_the_one_asked_for(engine: Engine) -> None:
    if engine.dialect == "sqlite":
        async with transaction("serializable"):
            assert in_transaction()
        return

    async with transaction("repeatable read"):
        [[level]] = await engine.fetch("SELECT current_setting('transaction_isolation')")
    async with transaction():
        [[default]] = await engine.fetch("SELECT current_setting('transaction_isolation')")

    assert (level, default) == ("repeatable read", "read committed")


async def test_a_read_only_transaction_sees_one_state_and_keeps_nobody_waiting(insert, stored) -> None:
    await insert(1)

    async with transaction("repeatable read", read_only=True):
        assert await stored() == [1]
        with outside_transaction():
            await insert(2)
        assert await stored() == [1]

    assert await stored() == [1, 2]


async def test_an_inner_block_cannot_change_what_the_outer_one_is() -> None:
    async with transaction():
        with pytest.raises(TransactionError, match="cannot have its own isolation level"):
            async with transaction("serializable"):
                pass
        with pytest.raises(TransactionError, match="cannot be read-only inside"):
            async with transaction(read_only=True):
                pass


async def test_piccolos_refusal_to_nest_is_kept(engine: Engine) -> None:
    async with engine.transaction():
        with pytest.raises(TransactionError, match="must not be nested"):
            async with engine.transaction(allow_nested=False):
                pass


# --- tasks ---


async def test_a_task_started_inside_may_not_use_the_transaction(engine: Engine, insert, stored) -> None:
    async with transaction():
        await insert(1)
        results = await asyncio.gather(insert(2), stored(), return_exceptions=True)
        with pytest.raises(TransactionTaskError) as caught:
            await asyncio.create_task(stored(), name="the report")
        await insert(3)

    assert [type(result) for result in results] == [TransactionTaskError, TransactionTaskError]
    assert caught.value.caller == "the report"
    assert await stored() == [1, 3]


async def test_a_task_that_outlives_the_transaction_works_on_its_own(insert, stored) -> None:
    ended = asyncio.Event()

    async def later() -> list[int]:
        await ended.wait()
        await insert(2)
        return await stored()  # type: ignore[no-any-return]

    async with transaction():
        await insert(1)
        task = asyncio.create_task(later())
    ended.set()

    assert await task == [1, 2]


async def test_a_task_started_outside_the_transaction_uses_another_connection(insert, stored) -> None:
    async with transaction():
        await insert(1)
        with outside_transaction():
            task = asyncio.create_task(stored())
        assert await task == []


async def test_transactions_of_many_tasks_do_not_mix(engine: Engine, insert, stored) -> None:
    async def work(number: int) -> None:
        async with transaction():
            await insert(number)
            await asyncio.sleep(0)
            if number % 3 == 0:
                raise ZeroDivisionError

    await asyncio.gather(*[work(number) for number in range(30)], return_exceptions=True)

    assert await stored() == [number for number in range(30) if number % 3]


# --- callbacks ---


async def test_callbacks_run_after_the_commit_in_their_order_outside_the_transaction(insert, stored) -> None:
    calls: list[object] = []

    async def note() -> None:
        calls.append(("async", in_transaction(), await stored()))

    async with transaction():
        await insert(1)
        await after_commit(note)
        await after_commit(lambda: calls.append("plain"))
        await after_rollback(lambda: calls.append("never"))
        assert calls == []

    assert calls == [("async", False, [1]), "plain"]


async def test_a_savepoint_that_is_rolled_back_drops_its_callbacks_and_one_that_ends_hands_them_on(insert) -> None:
    calls: list[str] = []

    async with transaction():
        await after_commit(lambda: calls.append("outer"))
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await after_commit(lambda: calls.append("dropped"))
                await after_rollback(lambda: calls.append("undone"))
                async with transaction():
                    await after_commit(lambda: calls.append("dropped too"))
                    await after_rollback(lambda: calls.append("undone too"))
                raise ZeroDivisionError
        assert calls == ["undone", "undone too"]
        async with transaction():
            await after_commit(lambda: calls.append("kept"))

    assert calls == ["undone", "undone too", "outer", "kept"]


async def test_after_a_rollback_the_other_callbacks_run(insert, stored) -> None:
    calls: list[object] = []

    async def note() -> None:
        calls.append(await stored())

    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await insert(1)
            await after_commit(lambda: calls.append("never"))
            await after_rollback(note)
            raise ZeroDivisionError

    assert calls == [[]]


async def test_without_a_transaction_a_commit_has_happened_already_and_a_rollback_never_does() -> None:
    calls: list[str] = []

    async def note() -> None:
        calls.append("async")

    await after_commit(lambda: calls.append("plain"))
    await after_commit(note)
    await after_rollback(lambda: calls.append("never"))

    assert calls == ["plain", "async"]


async def test_a_callback_that_fails_is_logged_and_keeps_no_other_from_running(
    insert, stored, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def broken() -> None:
        raise RuntimeError("the mail server is down")

    with caplog.at_level(logging.ERROR, "glueful.orm"):
        async with transaction():
            await insert(1)
            await after_commit(broken)
            await after_commit(lambda: calls.append("second"))

    assert calls == ["second"]
    assert "the mail server is down" in caplog.text
    assert await stored() == [1]


# --- retries ---


async def test_a_conflict_is_tried_again_from_the_beginning(insert, stored) -> None:
    attempts: list[int] = []

    async def work() -> str:
        attempts.append(len(attempts))
        await insert(len(attempts))
        if len(attempts) < 3:
            raise SerializationFailure("another transaction was in the way")
        return "done"

    assert await run_in_transaction(work, retries=3) == "done"
    assert await stored() == [3]


async def test_retries_are_counted_and_the_last_error_is_told(insert, stored) -> None:
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


async def test_serializable_increments_all_arrive_when_they_are_retried(engine: Engine, sql: Sql, insert) -> None:
    await engine.execute("CREATE TABLE counter (n integer)")
    await engine.execute("INSERT INTO counter VALUES (0)")

    @transaction("serializable", retries=50)
    async def increment() -> None:
        [[value]] = await engine.fetch("SELECT n FROM counter")
        await engine.execute(sql("UPDATE counter SET n = ?"), [value + 1])

    await asyncio.gather(*[increment() for _ in range(8)])

    assert [row[0] for row in await engine.fetch("SELECT n FROM counter")] == [8]
