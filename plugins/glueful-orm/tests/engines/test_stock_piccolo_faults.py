"""Why the engines are ours: what Piccolo's own do, and what ours do in the same place.

When one of these fails in its first half, Piccolo has mended the fault, and our part of it may have become superfluous.
"""

import asyncio
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiosqlite
import asyncpg
import pytest
from glueful_orm.engines import ROUTER, Engine
from glueful_orm.errors import ConnectionLost, ForeignKeyViolation, TransactionTaskError
from piccolo.columns import Integer, Varchar
from piccolo.engine.postgres import PostgresEngine as StockPostgres
from piccolo.engine.sqlite import SQLiteEngine as StockSQLite
from piccolo.table import Table


class Row(Table, db=ROUTER, tablename="row"):
    name = Varchar()
    n = Integer(default=0)


@pytest.fixture(autouse=True)
async def no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Stops the connections that stock Piccolo forgets to close: their threads would keep the process alive."""
    connections: list[aiosqlite.Connection] = []
    real = aiosqlite.connect

    def remember(*args: Any, **kwargs: Any) -> aiosqlite.Connection:
        connections.append(real(*args, **kwargs))
        return connections[-1]

    monkeypatch.setattr(aiosqlite, "connect", remember)
    yield
    for connection in connections:
        if connection._thread.is_alive() and (stopped := connection.stop()) is not None:
            await stopped


@pytest.fixture
def stock_sqlite(tmp_path: Path) -> StockSQLite:
    return StockSQLite(path=str(tmp_path / "stock.sqlite3"))


@pytest.fixture
async def stock_postgres(postgres_url: str) -> AsyncIterator[StockPostgres]:
    parts = urlsplit(postgres_url)
    engine = StockPostgres(
        {"host": parts.hostname, "port": parts.port, "user": "postgres", "database": parts.path.strip("/")}
    )
    await engine.start_connection_pool(min_size=1, max_size=2)
    yield engine
    pool = engine.pool
    assert pool is not None
    pool.terminate()


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Lets ``Row`` use an engine."""
    return lambda engine: monkeypatch.setattr(Row._meta, "_db", engine)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with every SQLite connection that is opened."""
    connections: list[object] = []
    real = sqlite3.connect

    def counting(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connections.append(args)
        return real(*args, **kwargs)  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", counting)
    return connections


async def test_stock_opens_a_connection_and_a_thread_for_every_sqlite_query(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None], opened: list[object]
) -> None:
    on(stock_sqlite)
    await Row.create_table()
    opened.clear()
    await asyncio.gather(*[Row.select() for _ in range(30)])
    assert len(opened) == 30

    on(sqlite)
    await Row.create_table()
    opened.clear()
    await asyncio.gather(*[Row.select() for _ in range(30)])
    assert opened == []


async def test_stock_refuses_concurrent_read_then_write_transactions_on_sqlite(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None]
) -> None:
    async def increment(engine: Any) -> None:
        async with engine.transaction():
            row = await Row.objects().first()
            assert row is not None
            await asyncio.sleep(0.02)
            await Row.update({Row.n: row.n + 1}, force=True)

    async def results(engine: Any) -> tuple[list[type], int]:
        on(engine)
        await Row.create_table()
        await Row.insert(Row(name="counter"))
        outcomes = await asyncio.gather(*[increment(engine) for _ in range(3)], return_exceptions=True)
        [row] = await Row.select(Row.n)
        return [type(outcome) for outcome in outcomes if outcome is not None], row["n"]

    stock_sqlite.connection_kwargs["timeout"] = 0.1
    errors, count = await results(stock_sqlite)
    assert set(errors) == {sqlite3.OperationalError}
    assert count < 3

    assert await results(sqlite) == ([], 3)


async def test_stock_keeps_a_transaction_whose_commit_failed_and_loses_what_is_written_next(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None]
) -> None:
    parent = 'CREATE TABLE "parent" (id integer PRIMARY KEY)'
    child = 'CREATE TABLE "child" (parent integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)'

    async def commit_fails(engine: Any) -> BaseException | None:
        on(engine)
        await Row.create_table()
        await engine.run_ddl(parent)
        await engine.run_ddl(child)
        try:
            async with engine.transaction():
                await engine.run_ddl("INSERT INTO child VALUES (99)")
        except Exception as error:
            return error
        return None

    assert isinstance(await commit_fails(stock_sqlite), sqlite3.IntegrityError)
    left = stock_sqlite.current_transaction.get()
    assert left is not None, "the transaction is still there"
    await Row.insert(Row(name="thought to be stored"))
    await left.connection.close()
    stock_sqlite.current_transaction.set(None)
    assert await Row.count() == 0, "and swallowed the row"

    assert isinstance(await commit_fails(sqlite), ForeignKeyViolation)
    await Row.insert(Row(name="stored"))
    assert sqlite.current_transaction.get() is None
    assert sqlite.in_use == 0
    assert await Row.count() == 1


async def test_stock_goes_on_using_a_connection_that_was_killed_in_a_transaction(
    stock_postgres: StockPostgres, postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
    )
    with pytest.raises(asyncpg.InterfaceError):  # by ROLLBACK, so that nothing after it is done
        async with stock_postgres.transaction():
            await stock_postgres.run_ddl("SELECT 1")
            await postgres.fetch(kill)
            await stock_postgres.run_ddl("SELECT 1")
    with pytest.raises(asyncpg.InterfaceError):
        await stock_postgres.run_ddl("SELECT 1")
    stock_postgres.current_transaction.set(None)

    ours: Engine = await new_engine(postgres_url, max_size=2)
    with pytest.raises(ConnectionLost):
        async with ours.transaction():
            await ours.fetch("SELECT 1")
            await postgres.fetch(kill)
            await ours.fetch("SELECT 1")
    assert [row[0] for row in await ours.fetch("SELECT 1")] == [1]
    assert ours.in_use == 0


async def test_stock_mixes_the_tasks_started_inside_a_transaction_into_it(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None]
) -> None:
    async def audit() -> None:
        await Row.insert(Row(name="audit"))

    async def fails(engine: Any) -> Any:
        on(engine)
        await Row.create_table()
        result: Any = None
        with pytest.raises(ZeroDivisionError):
            async with engine.transaction():
                result = await asyncio.gather(asyncio.create_task(audit()), return_exceptions=True)
                raise ZeroDivisionError
        return result

    assert await fails(stock_sqlite) == [None]
    assert await Row.count() == 0, "another task's row was rolled back, without a word"

    [error] = await fails(sqlite)
    assert isinstance(error, TransactionTaskError)


async def test_stock_takes_an_inner_transaction_for_nothing(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None]
) -> None:
    async def names(engine: Any) -> list[str]:
        on(engine)
        await Row.create_table()
        async with engine.transaction():
            await Row.insert(Row(name="outer"))
            try:
                async with engine.transaction():
                    await Row.insert(Row(name="inner"))
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass
        return [row["name"] for row in await Row.select(Row.name)]

    assert await names(stock_sqlite) == ["outer", "inner"]
    assert await names(sqlite) == ["outer"]


async def test_stock_connects_and_blocks_the_event_loop_when_an_engine_is_made(new_engine: Any) -> None:
    from glueful_orm.engines import engine_from_url

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        accepted: list[object] = []

        def accept() -> None:
            try:
                while True:
                    client, _ = server.accept()
                    accepted.append(client)
                    client.close()
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        with pytest.warns(Warning, match="Unable to fetch server version"):
            StockPostgres({"host": "127.0.0.1", "port": port, "user": "x", "database": "y", "ssl": False})
        by_stock = len(accepted)

        engine_from_url(f"postgresql://x@127.0.0.1:{port}/y")
        by_ours = len(accepted) - by_stock
        server.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert (by_stock > 0, by_ours) == (True, 0)


async def test_stock_batches_take_no_condition_on_sqlite(
    stock_sqlite: StockSQLite, sqlite: Engine, on: Callable[[Any], None]
) -> None:
    async def batched(engine: Any) -> list[int]:
        on(engine)
        await Row.create_table()
        await Row.insert(Row(name="a", n=1), Row(name="b", n=2))
        query = Row.select(Row.n).where(Row.n == 2)
        async with await query.batch(batch_size=1) as batch:
            return [row["n"] async for rows in batch for row in rows]

    with pytest.raises(sqlite3.ProgrammingError):
        await batched(stock_sqlite)
    assert await batched(sqlite) == [2]


async def test_stock_batches_do_not_see_the_transaction_on_postgresql(
    stock_postgres: StockPostgres, postgres: Engine, on: Callable[[Any], None]
) -> None:
    async def batched(engine: Any) -> list[str]:
        on(engine)
        async with engine.transaction():
            await Row.insert(Row(name="new"))
            async with await Row.select(Row.name).batch(batch_size=10) as batch:
                return [row["name"] async for rows in batch for row in rows]

    on(postgres)
    await Row.create_table()
    assert await batched(stock_postgres) == []
    await Row.delete(force=True)
    assert await batched(postgres) == ["new"]


async def test_stock_makes_a_new_database_in_memory_for_every_query(new_engine: Any, on: Callable[[Any], None]) -> None:
    on(StockSQLite(path=":memory:"))
    await Row.create_table()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await Row.count()

    on(await new_engine("sqlite://:memory:"))
    await Row.create_table()
    assert await Row.count() == 0


async def test_the_drivers_own_pool_stands_on_a_queue_where_a_late_comer_overtakes(
    postgres_url: str, new_engine: Any
) -> None:
    async with asyncpg.create_pool(postgres_url, min_size=1, max_size=1) as pool:
        assert isinstance(pool._queue, asyncio.LifoQueue)
    queue: asyncio.LifoQueue[str] = asyncio.LifoQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait("connection")
    assert await queue.get() == "connection", "the one that came later has it"
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()

    ours: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    held = await ours.acquire(write=False)
    first = asyncio.create_task(ours.acquire(write=False))
    await asyncio.sleep(0)
    ours.release(held)
    late = asyncio.create_task(ours.acquire(write=False))
    done, _ = await asyncio.wait([first, late], return_when=asyncio.FIRST_COMPLETED)
    assert done == {first}
    ours.release(first.result())
    ours.release(await late)


async def test_stock_lets_sqlite_wait_for_the_disk_and_readers_for_writers(
    stock_sqlite: StockSQLite, sqlite: Engine
) -> None:
    stock = [(await stock_sqlite.run_ddl(f"PRAGMA {name}"))[0][name] for name in ("journal_mode", "synchronous")]
    ours = [(await sqlite.run_ddl(f"PRAGMA {name}"))[0][name] for name in ("journal_mode", "synchronous")]

    assert (stock, ours) == (["delete", 2], ["wal", 1])
