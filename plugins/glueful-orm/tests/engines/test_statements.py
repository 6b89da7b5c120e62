"""Statements, the same on both databases."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from glueful_orm.engines import ROUTER, Engine, engine_from_url
from glueful_orm.errors import BegunByHand, EngineClosed
from glueful_orm.transactions import transaction
from piccolo.columns import Integer, Varchar
from piccolo.table import Table

Sql = Callable[[str], str]


class Band(Table, db=ROUTER, tablename="band"):
    name = Varchar(unique=True)
    fans = Integer(default=0)


@pytest.fixture
async def bands(engine: Engine) -> None:
    await Band.create_table()


async def fill(engine: Engine, sql: Sql, count: int) -> int:
    return await engine.executemany(
        sql("INSERT INTO band (name, fans) VALUES (?, ?)"), ((f"band {number}", number) for number in range(count))
    )


@pytest.mark.usefixtures("bands")
async def test_rows_come_by_position_or_by_name(engine: Engine, sql: Sql) -> None:
    await engine.execute(sql("INSERT INTO band (name, fans) VALUES (?, ?)"), ["Rustaceans", 7])

    rows = await engine.fetch(sql("SELECT name, fans FROM band WHERE fans = ?"), [7])

    assert [(row[0], row[1]) for row in rows] == [("Rustaceans", 7)]
    assert await engine.fetch_named("SELECT name, fans FROM band") == [{"name": "Rustaceans", "fans": 7}]


@pytest.mark.usefixtures("bands")
async def test_execute_counts_the_rows_it_changed_and_nothing_else(engine: Engine, sql: Sql) -> None:
    assert await fill(engine, sql, 5) == 5

    assert await engine.execute(sql("UPDATE band SET fans = 0 WHERE fans > ?"), [1]) == 3
    assert await engine.execute("DELETE FROM band WHERE fans = 0") == 4
    assert await engine.execute("SELECT * FROM band") == 0
    assert await engine.execute("INSERT INTO band (name) VALUES ('a'), ('b') RETURNING id") == 2
    assert await engine.execute("CREATE TABLE other (id integer)") == 0


@pytest.mark.usefixtures("bands")
async def test_fetch_gives_what_an_insert_returns(engine: Engine, sql: Sql) -> None:
    [row] = await engine.fetch(
        sql("INSERT INTO band (name, fans) VALUES (?, ?) RETURNING id, name"), ["Pythonistas", 1]
    )

    assert (row[0], row[1]) == (1, "Pythonistas")


@pytest.mark.usefixtures("bands")
async def test_executemany_stores_all_rows_or_none(engine: Engine, sql: Sql) -> None:
    with pytest.raises(Exception, match="unique"):
        await engine.executemany(sql("INSERT INTO band (name) VALUES (?)"), [("a",), ("b",), ("a",)])

    assert await Band.count() == 0


@pytest.mark.usefixtures("bands")
@pytest.mark.parametrize("inside", [False, True])
async def test_a_stream_holds_few_rows_at_a_time_and_gives_all_of_them(engine: Engine, sql: Sql, inside: bool) -> None:
    await fill(engine, sql, 1000)

    async def names() -> list[str]:
        return [row[0] async for row in engine.stream("SELECT name FROM band ORDER BY id", batch=64)]

    if inside:
        async with transaction():
            found = await names()
    else:
        found = await names()

    assert found == [f"band {number}" for number in range(1000)]


@pytest.mark.usefixtures("bands")
async def test_a_stream_that_is_left_early_gives_its_connection_back(engine: Engine, sql: Sql) -> None:
    await fill(engine, sql, 1000)

    async with aclosing(engine.stream("SELECT name FROM band", batch=10)) as rows:
        async for _row in rows:
            assert engine.in_use == 1
            break

    await asyncio.sleep(0)
    for _ in range(100):
        if engine.in_use == 0:
            break
        await asyncio.sleep(0.01)
    assert engine.in_use == 0
    assert await Band.count() == 1000


@pytest.mark.usefixtures("bands")
async def test_a_stream_of_returned_rows_stores_them(engine: Engine) -> None:
    rows = [row[0] async for row in engine.stream("INSERT INTO band (name) VALUES ('a'), ('b') RETURNING name")]

    assert rows == ["a", "b"]
    assert await Band.count() == 2


@pytest.mark.usefixtures("bands")
async def test_piccolo_queries_run_on_the_same_pool_and_in_the_same_transaction(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await Band.insert(Band(name="a", fans=3), Band(name="b", fans=4))
            assert await Band.select(Band.name).where(Band.fans > 3) == [{"name": "b"}]
            assert await engine.fetch_named("SELECT count(*) AS n FROM band") == [{"n": 2}]
            raise ZeroDivisionError

    assert await Band.count() == 0


@pytest.mark.usefixtures("bands")
async def test_piccolo_batches_take_conditions_and_see_the_transaction(engine: Engine, sql: Sql) -> None:
    async with transaction():
        await fill(engine, sql, 25)
        sizes = []
        async with await Band.select(Band.name).where(Band.fans >= 5).batch(batch_size=8) as batch:
            async for rows in batch:
                assert list(rows[0]) == ["name"]
                sizes.append(len(rows))

    assert sizes == [8, 8, 4]


@pytest.mark.usefixtures("bands")
async def test_a_piccolo_atomic_list_runs_completely_or_not_at_all(engine: Engine) -> None:
    atomic = engine.atomic()
    atomic.add(Band.insert(Band(name="a")), Band.insert(Band(name="a")))

    with pytest.raises(Exception, match="unique"):
        await atomic

    assert await Band.count() == 0
    atomic.add(Band.insert(Band(name="a")))
    await atomic.run()
    assert await Band.count() == 1


async def test_an_engine_that_is_not_open_says_so(database_url: str) -> None:
    engine = engine_from_url(database_url)

    with pytest.raises(EngineClosed, match="is not open"):
        await engine.fetch("SELECT 1")

    await engine.open()
    await engine.open()
    assert engine.is_open
    assert [tuple(row) for row in await engine.fetch("SELECT 1")] == [(1,)]
    await engine.close()
    await engine.close()
    with pytest.raises(EngineClosed, match=r"fix: await engine\.open"):
        await engine.execute("SELECT 1")


async def test_closing_waits_for_the_statement_that_runs(engine: Engine) -> None:
    slow = "SELECT 300000 FROM pg_sleep(0.2)"
    if engine.dialect == "sqlite":
        slow = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 1 OFFSET 299999"
    running = asyncio.create_task(engine.fetch(slow))
    await asyncio.sleep(0)
    assert engine.in_use == 1

    await engine.close()

    assert running.done()
    assert [row[0] for row in running.result()] == [300000]


async def test_a_statement_in_another_event_loop_is_refused_and_not_mixed_up(engine: Engine) -> None:
    async def elsewhere() -> None:
        await engine.fetch("SELECT 1")

    with pytest.raises(EngineClosed, match="event loop"):
        await asyncio.to_thread(asyncio.run, elsewhere())


async def test_a_statement_that_begins_a_transaction_by_itself_harms_nobody(engine: Engine, database_url: str) -> None:
    with pytest.raises(BegunByHand, match="fix: use: async with transaction"):
        await engine.execute("BEGIN")
    with pytest.raises(BegunByHand):
        await engine.fetch("BEGIN")

    await engine.execute("CREATE TABLE t (a integer)")
    other = engine_from_url(database_url)
    await other.open()
    assert await other.fetch("SELECT a FROM t") == []
    await other.close()


async def test_a_connection_apart_is_not_of_the_pool_and_may_leave_its_state(postgres_url: str) -> None:
    engine: Any = engine_from_url(postgres_url, max_size=1)
    await engine.open()
    try:
        connection = await engine.connect_apart()
        heard: asyncio.Queue[str] = asyncio.Queue()
        await connection.add_listener("news", lambda *args: heard.put_nowait(args[3]))
        assert engine.in_use == 0
        await engine.fetch("SELECT pg_notify('news', 'hello')")
        assert await asyncio.wait_for(heard.get(), 5) == "hello"
        await connection.close()
    finally:
        await engine.close()
