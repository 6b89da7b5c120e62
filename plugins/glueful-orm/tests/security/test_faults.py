"""What happens while requests run: each test is a row of a list of attacks and faults."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from glueful_orm import (
    CommitOutcomeUnknown,
    ConnectionLost,
    DataError,
    Engine,
    HasMany,
    LockTimeout,
    Model,
    PoolTimeout,
    StatementTimeout,
    UnknownColumn,
    has_many,
    run_in_transaction,
    transaction,
)
from glueful_orm.engines import ROUTER, engine_from_url
from glueful_orm.errors import Deadlock, ReadOnlyTransaction
from glueful_orm.mappings import error_mappings
from glueful_orm.model.errors import UnknownRelation
from glueful_orm.transactions import outside_transaction
from piccolo.columns import ForeignKey, Integer, Text

HOSTILE = ["id; DROP TABLE wallets", "id)--", '"', "`", "", "__class__", "é", "coins.wallet_id", "pk"]


class Wallet(Model):
    number = Integer(default=0)
    note = Text(default="")

    coins: HasMany["Coin"] = has_many("Coin", key="wallet_id")


class Coin(Model):
    wallet_id = ForeignKey(Wallet)
    worth = Integer(default=0)


async def create_tables(engine: Engine) -> None:
    for table in (Wallet, Coin):
        for statement in table.create_table().ddl:
            await engine.execute(statement)


@pytest.fixture
async def wallets(engine: Engine) -> Engine:
    await create_tables(engine)
    return engine


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[Engine]:
    """A pool of five, of which nobody waits long for a connection; statements may take 0.2 s."""
    common: dict[str, Any] = {"acquire_timeout_seconds": 0.2, "statement_timeout_seconds": 0.2}
    is_sqlite = database_url.startswith("sqlite")
    special: dict[str, Any] = {"readers": 4, "busy_timeout_seconds": 0.2} if is_sqlite else {"max_size": 5}
    engine = engine_from_url(database_url, **common, **special)
    await engine.open()
    with ROUTER.using(engine):
        await create_tables(engine)
        yield engine
    await engine.close()


def status(error: BaseException) -> int:
    found = next(mapping for kind in type(error).__mro__ if (mapping := error_mappings().get(kind)))
    return int(found["status"])


@pytest.mark.parametrize("name", HOSTILE)
async def test_row_names_taken_from_the_request_to_include_count_or_write_by(wallets: Engine, name: str) -> None:
    query = Wallet.query()
    for include in (query.where_has, query.doesnt_have, query.with_count, query.with_exists, query.with_):
        with pytest.raises(UnknownRelation):
            include(name)
    with pytest.raises(UnknownColumn):
        query.with_sum("coins", name)
    await Wallet.create()
    for written in (
        Wallet.upsert([{"number": 1}], unique=[name]),
        Wallet.upsert([{"number": 1}], unique=["id"], update=[name]),
        Wallet.query().increment(name),
        Wallet.query().sum(name),
    ):
        with pytest.raises(Exception, match=r"cannot be given|has no column"):
            await written
    assert await Wallet.query().count() == 1


async def test_row_text_longer_than_the_database_takes(wallets: Engine) -> None:
    if wallets.dialect == "postgres":
        await wallets.execute("CREATE INDEX by_note ON wallets (note)")
        noise = "".join(chr(33 + (index * index * 7 + index // 97) % 9_000) for index in range(60_000))
        with pytest.raises(DataError) as refused:
            await Wallet.create(note=noise)
        assert status(refused.value) == 422
        return
    engine: Any = wallets
    for connection in engine._connections:
        connection.thread.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    with pytest.raises(DataError, match="longer than SQLite takes") as refused:
        await Wallet.create(note="x" * 200_000)
    assert status(refused.value) == 422
    assert await Wallet.query().count() == 0


async def test_row_the_backend_is_killed_before_in_and_at_commit(postgres_url: str) -> None:
    engine = engine_from_url(postgres_url, max_size=2)
    await engine.open()
    attempts: list[int] = []

    async def kill_all() -> None:
        with outside_transaction():
            await engine.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def create_and_die_at_commit() -> None:
        attempts.append(1)
        await Wallet.create(number=13)

    with ROUTER.using(engine):
        await create_tables(engine)
        await asyncio.gather(*[Wallet.query().count() for _ in range(2)])
        await kill_all()
        assert await asyncio.gather(*[Wallet.query().count() for _ in range(3)]) == [0, 0, 0], "reads are sent again"

        with pytest.raises(ConnectionLost) as lost:
            async with transaction():
                await Wallet.create(number=1)
                await kill_all()
                await Wallet.create(number=2)
        assert (status(lost.value), await Wallet.query().count()) == (503, 0)

        await engine.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
        )
        await engine.execute(
            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON wallets DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.number = 13) EXECUTE FUNCTION die()"
        )
        with pytest.raises(CommitOutcomeUnknown) as unknown:
            await run_in_transaction(create_and_die_at_commit, retries=5)
        assert (status(unknown.value), len(attempts)) == (503, 1), "what may be stored is not done again"
        assert (await Wallet.query().count(), engine.in_use) == (0, 0)
    await engine.close()


async def test_row_a_pool_of_5_and_100_tasks_of_which_10_are_cancelled(small: Engine) -> None:
    async def work(number: int) -> None:
        async with transaction():
            wallet = await Wallet.create(number=number)
            await wallet.coins.create(worth=1)
        await Wallet.where(number=number).with_("coins")

    tasks = [asyncio.create_task(work(number)) for number in range(100)]
    for turn in range(10):
        await asyncio.sleep(0)
        tasks[turn * 10].cancel()
    async with asyncio.timeout(30):
        results = await asyncio.gather(*tasks, return_exceptions=True)

    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in refused} <= {PoolTimeout}
    assert {status(error) for error in refused} <= {503}
    async with asyncio.timeout(5):
        while small.in_use:  # noqa: ASYNC110 - a cancelled statement is waited for in the background
            await asyncio.sleep(0.001)
    stored = await Wallet.with_("coins")
    assert all(len(wallet.coins) == 1 for wallet in stored)
    assert len(stored) >= 100 - 10 - len(refused)
    if small.dialect == "postgres":
        idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        assert [row[0] for row in await small.fetch(idle)] == [0]


async def test_row_nobody_waits_for_ever_for_a_connection(small: Engine) -> None:
    held = asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await Wallet.query().update(number=1)
            await held.wait()

    holders = [asyncio.create_task(hold()) for _ in range(5)]
    for _ in range(20):
        await asyncio.sleep(0)
    with pytest.raises(PoolTimeout) as waited:
        async with transaction():
            await Wallet.create()
    held.set()
    await asyncio.gather(*holders, return_exceptions=True)

    assert status(waited.value) == 503
    assert await Wallet.create()


async def test_row_a_deadlock_ends_with_both_changes_after_a_retry(wallets: Engine) -> None:
    first, second = await Wallet.create(), await Wallet.create()
    meeting = asyncio.Barrier(2)
    conflicts: list[BaseException] = []

    def move(one: Wallet, other: Wallet) -> Any:
        is_first_attempt = True

        async def run() -> None:
            nonlocal is_first_attempt
            waits, is_first_attempt = is_first_attempt and wallets.dialect == "postgres", False
            try:
                await Wallet.where(id=one.id).increment("number")
                if waits:
                    await meeting.wait()
                await Wallet.where(id=other.id).increment("number")
            except Deadlock as error:
                conflicts.append(error)
                raise

        return run_in_transaction(run, retries=3)

    async with asyncio.timeout(20):
        await asyncio.gather(move(first, second), move(second, first))

    assert await Wallet.order_by("id").pluck("number") == [2, 2]
    assert len(conflicts) == (1 if wallets.dialect == "postgres" else 0)
    assert all(status(error) == 409 for error in conflicts)


async def test_row_a_statement_that_takes_too_long_stores_nothing(small: Engine) -> None:
    slow = (
        "UPDATE wallets SET number = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
        " i < 2000000000) SELECT max(i) FROM n) + number"
    )
    wallet = await Wallet.create(number=1)

    with pytest.raises(StatementTimeout) as stopped:
        async with transaction():
            await wallet.update(number=2)
            await small.execute(slow)

    assert status(stopped.value) == 503
    assert await Wallet.query().pluck("number") == [1]


async def test_row_a_database_that_is_read_only_or_locked_by_another_program(small: Engine) -> None:
    with pytest.raises(ReadOnlyTransaction):
        async with transaction(read_only=True):
            await Wallet.create()
    if small.path is not None:
        other = sqlite3.connect(small.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockTimeout) as locked:
            await Wallet.create()
        other.execute("ROLLBACK")
        other.close()
        assert status(locked.value) == 503

    await Wallet.create()
    assert await Wallet.query().count() == 1


def statements(engine: Any) -> list[str]:
    """What the driver sends from now on: counted without any of our own hooks."""
    sent: list[str] = []
    if engine.dialect == "sqlite":
        for connection in engine._connections:
            connection.thread.connection.set_trace_callback(sent.append)
    else:
        for place in engine._places:
            if place.connection is not None:
                place.connection.add_query_logger(lambda record: sent.append(record.query))
    return sent


async def test_row_n_plus_1_a_list_of_200_costs_what_a_list_of_20_costs(wallets: Engine) -> None:
    counts = []
    for rows in (20, 200):
        await Coin.query().delete()
        await Wallet.query().delete()
        await Wallet.insert_many([{"number": number} for number in range(rows)])
        keys = await Wallet.query().pluck("id")
        await Coin.insert_many([{"wallet_id": key, "worth": 1} for key in keys for _ in range(3)])
        await Wallet.query().with_("coins").with_sum("coins", "worth")  # asyncpg asks for types once
        await asyncio.sleep(0)  # and tells its loggers a moment later
        sent = statements(wallets)
        listed = await Wallet.with_("coins")
        touched = [await wallet.coins for wallet in await Wallet.all()]
        counted: Any = await Wallet.query().with_sum("coins", "worth")
        await asyncio.sleep(0)
        counts.append(len(sent))
        assert {len(wallet.coins) for wallet in listed} == {len(coins) for coins in touched} == {3}
        assert {wallet.coins_sum_worth for wallet in counted} == {3}

    assert counts == [6, 6]
