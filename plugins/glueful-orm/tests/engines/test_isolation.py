"""Which anomalies two transactions at once can show at each isolation level, and which they never do.

Histories as in Adya's and Jepsen's work, with a barrier between steps; SQLite lets one transaction write at a time, so
there they run one after the other, whatever level is asked for.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.engines.session import Isolation
from glueful_orm.errors import TransactionConflict
from glueful_orm.transactions import outside_transaction, run_in_transaction

LEVELS: list[Isolation] = ["read committed", "repeatable read", "serializable"]
POSSIBLE: dict[str, set[Isolation]] = {
    "lost update": {"read committed"},
    "write skew": {"read committed", "repeatable read"},
    "fuzzy read": {"read committed"},
    "aborted read": set(),
    "intermediate read": set(),
}
"""On PostgreSQL (chapter 13.2 of its manual); on SQLite none is."""


class History:
    """Two accounts of 50 each, and two transactions that keep step."""

    def __init__(self, engine: Engine, sql: Callable[[str], str], level: Isolation) -> None:
        self.engine, self.sql, self.level = engine, sql, level
        self.step = asyncio.Barrier(2)

    async def pause(self) -> None:
        if self.engine.dialect == "postgres":
            await self.step.wait()

    async def read(self, account: int) -> int:
        [[value]] = await self.engine.fetch(self.sql("SELECT n FROM account WHERE id = ?"), [account])
        return int(value)

    async def write(self, account: int, value: int) -> None:
        await self.engine.execute(self.sql("UPDATE account SET n = ? WHERE id = ?"), [value, account])

    async def both(self, first: Any, second: Any) -> Sequence[Any]:
        """Results of both; a conflict ends the one, and lets the other go on."""

        async def run(history: Any) -> Any:
            try:
                async with self.engine.transaction(isolation=self.level):
                    return await history()
            except TransactionConflict as conflict:
                return conflict

        return await asyncio.gather(run(first), run(second))


@pytest.fixture(params=LEVELS)
async def history(request: pytest.FixtureRequest, engine: Engine, sql: Any) -> History:
    await engine.execute("CREATE TABLE account (id integer PRIMARY KEY, n integer)")
    await engine.execute("INSERT INTO account VALUES (1, 50), (2, 50)")
    return History(engine, sql, request.param)


def expected(history: History, anomaly: str) -> bool:
    return history.engine.dialect == "postgres" and history.level in POSSIBLE[anomaly]


async def test_a_lost_update(history: History) -> None:
    async def add() -> None:
        value = await history.read(1)
        await history.pause()
        await history.write(1, value + 1)

    results = await history.both(add, add)

    stored = sum(result is None for result in results)
    assert (await history.read(1) < 50 + stored) == expected(history, "lost update")


async def test_a_write_skew(history: History) -> None:
    def withdraw(account: int) -> Any:
        async def run() -> None:
            total = await history.read(1) + await history.read(2)
            await history.pause()
            if total >= 100:  # together they may not fall below zero
                await history.write(account, await history.read(account) - 100)

        return run

    await history.both(withdraw(1), withdraw(2))

    assert (await history.read(1) + await history.read(2) < 0) == expected(history, "write skew")


async def test_a_fuzzy_read(history: History) -> None:
    async with history.engine.transaction(isolation=history.level, read_only=True):
        before = await history.read(1)
        with outside_transaction():
            await history.write(1, 7)
        after = await history.read(1)

    assert (before != after) == expected(history, "fuzzy read")
    assert await history.read(1) == 7


@pytest.mark.parametrize("anomaly", ["aborted read", "intermediate read"])
async def test_what_is_not_committed_is_never_seen(history: History, anomaly: str) -> None:
    seen: list[int] = []
    written, looked = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with history.engine.transaction(isolation=history.level):
            await history.write(1, 666)
            written.set()
            await looked.wait()
            if anomaly == "aborted read":
                raise RuntimeError
            await history.write(1, 51)

    async def reader() -> None:
        await written.wait()
        async with history.engine.transaction(isolation=history.level, read_only=True):
            seen.append(await history.read(1))
        looked.set()

    await asyncio.gather(writer(), reader(), return_exceptions=True)

    assert seen == [50]
    assert await history.read(1) == (50 if anomaly == "aborted read" else 51)


async def test_retried_histories_end_as_if_one_ran_after_the_other(history: History) -> None:
    async def add() -> None:
        await history.write(1, await history.read(1) + 1)

    await asyncio.gather(*[run_in_transaction(add, retries=50, isolation="serializable") for _ in range(10)])

    assert await history.read(1) == 60
