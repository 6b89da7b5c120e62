"""What runs after a transaction has ended."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.transactions import (
    after_commit,
    after_rollback,
    in_transaction,
    transaction,
)

Sql = Callable[[str], str]

pytestmark = pytest.mark.usefixtures("numbers")


async def test_callbacks_run_after_the_commit_in_their_order_outside_the_transaction(insert: Any, stored: Any) -> None:
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


async def test_a_savepoint_that_is_rolled_back_drops_its_callbacks_and_one_that_ends_hands_them_on(insert: Any) -> None:
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


async def test_after_a_rollback_the_other_callbacks_run(insert: Any, stored: Any) -> None:
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
    insert: Any, stored: Any, caplog: pytest.LogCaptureFixture
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
