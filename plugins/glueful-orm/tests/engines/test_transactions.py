"""Transactions, the same on both databases."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.errors import (
    ForeignKeyViolation,
    TransactionAborted,
    TransactionError,
    TransactionTaskError,
    UniqueViolation,
)
from glueful_orm.transactions import (
    in_transaction,
    outside_transaction,
    transaction,
)

Sql = Callable[[str], str]


pytestmark = pytest.mark.usefixtures("numbers")


# --- commit, rollback, savepoints ---


async def test_a_block_that_ends_is_stored_and_one_that_fails_is_not(insert: Any, stored: Any) -> None:
    async with transaction():
        await insert(1)
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await insert(2)
            raise ZeroDivisionError

    assert await stored() == [1]
    assert not in_transaction()


async def test_other_connections_see_the_rows_after_the_commit_only(engine: Engine, insert: Any, stored: Any) -> None:
    async with transaction():
        await insert(1)
        assert await stored() == [1]
        with outside_transaction():
            assert await stored() == []
        assert in_transaction()

    assert await stored() == [1]


async def test_an_inner_block_that_fails_undoes_its_own_rows_only(insert: Any, stored: Any) -> None:
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


async def test_an_inner_block_that_ends_falls_with_the_outer_one(insert: Any, stored: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            async with transaction() as current:
                await insert(1)
                assert current.depth == 1
            raise ZeroDivisionError

    assert await stored() == []


async def test_a_statement_that_may_fail_is_caught_in_an_inner_block(insert: Any, stored: Any) -> None:
    await insert(1)

    async with transaction():
        await insert(2)
        try:
            async with transaction():
                await insert(1)
        except UniqueViolation:
            await insert(3)

    assert await stored() == [1, 2, 3]


async def test_an_error_that_is_swallowed_inside_the_block_spoils_it_on_both_databases(
    insert: Any, stored: Any
) -> None:
    await insert(1)

    with pytest.raises(TransactionAborted, match="an earlier statement of this transaction failed"):
        async with transaction():
            await insert(2)
            with pytest.raises(UniqueViolation):
                await insert(1)
            with pytest.raises(TransactionAborted):
                await insert(3)

    assert await stored() == [1]


async def test_an_error_that_is_swallowed_in_an_inner_block_spoils_only_that(insert: Any, stored: Any) -> None:
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


async def test_a_commit_that_fails_leaves_nothing_behind(engine: Engine, insert: Any, stored: Any) -> None:
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


async def test_a_block_is_entered_once(insert: Any) -> None:
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


async def test_a_read_only_transaction_sees_one_state_and_keeps_nobody_waiting(insert: Any, stored: Any) -> None:
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


async def test_a_task_started_inside_may_not_use_the_transaction(engine: Engine, insert: Any, stored: Any) -> None:
    async with transaction():
        await insert(1)
        results = await asyncio.gather(insert(2), stored(), return_exceptions=True)
        with pytest.raises(TransactionTaskError) as caught:
            await asyncio.create_task(stored(), name="the report")
        await insert(3)

    assert [type(result) for result in results] == [TransactionTaskError, TransactionTaskError]
    assert caught.value.caller == "the report"
    assert await stored() == [1, 3]


async def test_a_task_that_outlives_the_transaction_works_on_its_own(insert: Any, stored: Any) -> None:
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


async def test_a_task_started_outside_the_transaction_uses_another_connection(insert: Any, stored: Any) -> None:
    async with transaction():
        await insert(1)
        with outside_transaction():
            task = asyncio.create_task(stored())
        assert await task == []


async def test_transactions_of_many_tasks_do_not_mix(engine: Engine, insert: Any, stored: Any) -> None:
    async def work(number: int) -> None:
        async with transaction():
            await insert(number)
            await asyncio.sleep(0)
            if number % 3 == 0:
                raise ZeroDivisionError

    await asyncio.gather(*[work(number) for number in range(30)], return_exceptions=True)

    assert await stored() == [number for number in range(30) if number % 3]
