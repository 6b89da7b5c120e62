"""What is particular to SQLite: the files' settings, threads, memory, and other processes."""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from glueful_orm.engines import Engine, SQLiteEngine, engine_from_url
from glueful_orm.engines.sqlite_thread import SQLiteThread
from glueful_orm.errors import DatabaseUnreachable, PoolTimeout, TransactionAborted
from glueful_orm.transactions import outside_transaction, transaction

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def threads() -> int:
    return sum(thread.name.startswith("glueful-sqlite") for thread in threading.enumerate())


async def test_the_file_is_set_up_for_many_readers_and_one_writer(sqlite: Engine) -> None:
    settings = {
        name: (await sqlite.fetch(f"PRAGMA {name}"))[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")
    }

    assert settings == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "query_only": 0}


async def test_600_statements_at_once_use_the_threads_that_are_there(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a integer)")
    before = threads()

    async def work(number: int) -> None:
        await sqlite.execute("INSERT INTO t VALUES (?)", [number])
        await sqlite.fetch("SELECT a FROM t WHERE a = ?", [number])

    await asyncio.gather(*[work(number) for number in range(600)])

    assert before == 5  # one writes, four read
    assert threads() == before


async def test_closing_ends_the_threads_and_leaves_one_file(sqlite_path: str) -> None:
    engine = engine_from_url(f"sqlite:///{sqlite_path}")
    await engine.open()
    await engine.execute("CREATE TABLE t (a integer)")

    await engine.close()

    assert threads() == 0
    assert [path.name for path in Path(sqlite_path).parent.iterdir()] == ["test.sqlite3"]


async def test_a_write_that_pretends_to_be_a_read_still_goes_to_the_writer(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a integer)")

    rows = await sqlite.fetch("WITH one AS (SELECT 1 AS a) INSERT INTO t SELECT a FROM one RETURNING a")
    await sqlite.fetch("  insert into t values (2)")

    assert rows == [(1,)]
    assert await sqlite.fetch("  select a from t ORDER BY a") == [(1,), (2,)]
    assert await sqlite.fetch("WITH x AS (SELECT a FROM t) SELECT max(a) FROM x") == [(2,)]


async def test_a_relative_path_means_the_directory_where_the_engine_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = engine_from_url("sqlite:///shop.sqlite3")
    monkeypatch.chdir("/")

    await engine.open()
    await engine.execute("CREATE TABLE t (a integer)")
    await engine.close()

    assert engine.path == str(tmp_path / "shop.sqlite3")
    assert (tmp_path / "shop.sqlite3").exists()


async def test_a_file_that_another_program_has_to_itself_is_told_and_can_be_opened_later(sqlite_path: str) -> None:
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    engine = engine_from_url(f"sqlite:///{sqlite_path}", busy_timeout_seconds=0.05)

    with pytest.raises(DatabaseUnreachable, match="is locked by another connection for too long"):
        await engine.open()
    assert not engine.is_open
    assert threads() == 0

    other.close()
    await engine.open()
    assert await engine.fetch("SELECT 1") == [(1,)]
    await engine.close()


# --- in memory ---


@pytest.fixture
async def memory(new_engine: Any) -> Engine:
    engine: Engine = await new_engine("sqlite://:memory:", acquire_timeout_seconds=2)
    return engine


async def test_a_database_in_memory_is_one_database_for_all_statements(memory: Engine) -> None:
    await memory.execute("CREATE TABLE t (a integer)")
    await asyncio.gather(*[memory.execute("INSERT INTO t VALUES (?)", [number]) for number in range(50)])

    assert await memory.fetch("SELECT count(*) FROM t") == [(50,)]
    assert memory.path is None
    assert repr(memory) == "SQLiteEngine(':memory:')"


async def test_in_memory_a_read_waits_until_the_transaction_of_another_task_has_ended(memory: Engine) -> None:
    await memory.execute("CREATE TABLE t (a integer)")
    begun = asyncio.Event()

    async def write() -> None:
        async with memory.transaction():
            await memory.execute("INSERT INTO t VALUES (1)")
            begun.set()
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(write())
    await begun.wait()
    rows = await memory.fetch("SELECT a FROM t")

    assert rows == [(1,)]
    await writing


async def test_in_memory_a_read_only_transaction_is_read_only_and_only_as_long_as_it_lasts(memory: Engine) -> None:
    await memory.execute("CREATE TABLE t (a integer)")

    with pytest.raises(Exception, match="may only read"):
        async with memory.transaction(read_only=True):
            await memory.execute("INSERT INTO t VALUES (1)")

    assert await memory.execute("INSERT INTO t VALUES (1)") == 1


# --- waiting ---


async def test_a_write_beside_the_own_transaction_is_refused_in_time_instead_of_waiting_for_itself(
    sqlite_path: str, new_engine: Any
) -> None:
    from glueful_orm.engines import ROUTER

    engine: Engine = await new_engine(f"sqlite:///{sqlite_path}", acquire_timeout_seconds=0.05)
    await engine.execute("CREATE TABLE t (a integer)")

    with ROUTER.using(engine):
        async with transaction():
            await engine.execute("INSERT INTO t VALUES (1)")
            with outside_transaction(), pytest.raises(PoolTimeout, match="SQLite's write lock in this process"):
                await engine.execute("INSERT INTO t VALUES (2)")

    assert await engine.fetch("SELECT a FROM t") == [(1,)]


async def test_a_write_waits_for_another_process_and_goes_on_at_once_when_that_has_ended(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a integer)")
    assert sqlite.path is not None
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(sqlite.execute("INSERT INTO t VALUES (1)"))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    started = time.perf_counter()
    other.execute("COMMIT")
    await waiting

    assert time.perf_counter() - started < 0.1, "SQLite's own waiting takes steps of 100 ms by now"
    other.close()


async def test_a_read_is_not_kept_waiting_by_a_writing_process(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a integer)")
    assert sqlite.path is not None
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO t VALUES (1)")

    assert await sqlite.fetch("SELECT a FROM t") == []

    other.execute("COMMIT")
    other.close()
    assert await sqlite.fetch("SELECT a FROM t") == [(1,)]


async def test_a_caller_that_is_cancelled_stops_waiting_for_the_other_process(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a integer)")
    assert sqlite.path is not None
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(sqlite.execute("INSERT INTO t VALUES (1)"))
    await asyncio.sleep(0.01)

    waiting.cancel()
    await asyncio.wait([waiting])
    other.execute("COMMIT")
    other.close()

    assert await sqlite.execute("INSERT INTO t VALUES (2)") == 1
    assert await sqlite.fetch("SELECT a FROM t") == [(2,)]


async def test_a_statement_whose_caller_is_cancelled_before_its_turn_is_not_run() -> None:
    thread = SQLiteThread(
        lambda: sqlite3.connect(":memory:", check_same_thread=False),
        busy_timeout_seconds=1,
        statement_timeout_seconds=None,
        name="glueful-sqlite-test",
    )
    await thread.start()
    may_end = threading.Event()
    ran: list[str] = []
    first = thread.submit(lambda _: may_end.wait(5))
    second = thread.submit(lambda _: ran.append("second"))

    second.cancel()
    may_end.set()

    assert await first
    await thread.submit(lambda _: ran.append("third"))
    assert ran == ["third"]
    thread.stop()
    assert await asyncio.to_thread(thread.join, 5)


async def test_a_long_statement_whose_caller_is_cancelled_is_interrupted(new_engine: Any, sqlite_path: str) -> None:
    engine: Engine = await new_engine(f"sqlite:///{sqlite_path}", readers=1)
    endless = asyncio.create_task(engine.fetch(ENDLESS))
    await asyncio.sleep(0.01)

    endless.cancel()

    async with asyncio.timeout(2):
        assert await engine.fetch("SELECT 1") == [(1,)]


async def test_after_sqlite_gave_a_transaction_up_by_itself_nothing_more_is_stored_in_it(
    new_engine: Any, sqlite_path: str
) -> None:
    engine: Engine = await new_engine(f"sqlite:///{sqlite_path}", statement_timeout_seconds=0.05)
    await engine.execute("CREATE TABLE t (a integer)")

    with pytest.raises(TransactionAborted):
        async with engine.transaction() as current:
            await engine.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(Exception, match="longer than it may"):
                await engine.execute(f"INSERT INTO t {ENDLESS}")  # interrupted: SQLite rolls the transaction back
            current.frames[-1].failed = False  # even if our own bookkeeping were wrong
            await engine.execute("INSERT INTO t VALUES (2)")

    assert await engine.fetch("SELECT a FROM t") == []


# --- the version ---


async def test_the_version_is_known_before_the_engine_is_open() -> None:
    engine = SQLiteEngine(":memory:")

    assert engine.get_version_sync() == await engine.get_version() > 3
    assert not engine.is_open
