"""What is particular to PostgreSQL: the pool, poolers before the server, TLS, and changed tables."""

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from glueful_orm.engines import Engine, PostgresEngine, engine_from_url
from glueful_orm.errors import (
    DatabaseUnreachable,
    InvalidDatabaseURL,
    InvalidStatement,
    PoolTimeout,
    SchemaChanged,
    StatementTimeout,
    TransactionAborted,
    UniqueViolation,
)


async def connections_of(postgres: Engine) -> int:
    """How many connections the server has beside this one."""
    [[count]] = await postgres.fetch(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return int(count)


# --- the pool ---


async def test_making_an_engine_touches_no_network() -> None:
    started = time.perf_counter()

    engine = engine_from_url("postgresql://user:secret@192.0.2.1:5432/nowhere")

    assert time.perf_counter() - started < 0.05
    assert not engine.is_open


async def test_connections_are_opened_when_they_are_needed_and_never_more_than_allowed(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=3)
    assert await connections_of(postgres) == 1

    await asyncio.gather(*[engine.fetch("SELECT pg_sleep(0.01)") for _ in range(20)])

    assert await connections_of(postgres) == 3
    assert engine.in_use == 0


async def test_whoever_waits_too_long_for_a_connection_is_told(new_engine: Any, postgres_url: str) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1, acquire_timeout_seconds=0.05)

    async with engine.transaction():
        with pytest.raises(PoolTimeout, match=r"PostgreSQL connections: all 1 in use for 0\.05 s"):
            await asyncio.create_task(alone(engine))

    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]


async def alone(engine: Engine) -> None:
    engine.current_transaction.set(None)
    await engine.fetch("SELECT 1")


async def test_a_connection_is_replaced_when_it_has_lived_long_enough(new_engine: Any, postgres_url: str) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1, max_lifetime_seconds=0.0)
    [[first]] = await engine.fetch("SELECT pg_backend_pid()")
    [[second]] = await engine.fetch("SELECT pg_backend_pid()")

    assert first != second


async def test_idle_connections_above_the_smallest_number_are_closed(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: PostgresEngine = await new_engine(postgres_url, min_size=1, max_size=5, max_idle_seconds=0.0)
    await asyncio.gather(*[engine.fetch("SELECT pg_sleep(0.01)") for _ in range(5)])
    assert await connections_of(postgres) == 5

    engine._reap()

    async with asyncio.timeout(5):
        while await connections_of(postgres) > 1:  # noqa: ASYNC110 - the server takes a moment
            await asyncio.sleep(0.01)
    assert len(await asyncio.gather(*[engine.fetch("SELECT 1") for _ in range(5)])) == 5


async def test_closing_leaves_no_connection_on_the_server(postgres: Engine, postgres_url: str) -> None:
    engine = engine_from_url(postgres_url, min_size=3)
    await engine.open()
    await engine.close()

    async with asyncio.timeout(5):
        while await connections_of(postgres):  # noqa: ASYNC110 - the server takes a moment
            await asyncio.sleep(0.01)


async def test_a_cancelled_statement_is_cancelled_on_the_server_as_well(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    task = asyncio.create_task(engine.fetch("SELECT pg_sleep(60)"))
    running = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
    async with asyncio.timeout(5):
        while not await postgres.fetch(running):  # noqa: ASYNC110 - the server takes a moment
            await asyncio.sleep(0.01)

        task.cancel()

        assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
        assert await postgres.fetch(running) == []


async def test_a_commit_that_the_server_turned_into_a_rollback_is_no_success(postgres: Engine) -> None:
    await postgres.execute("CREATE TABLE t (a integer PRIMARY KEY)")

    with pytest.raises(TransactionAborted):
        async with postgres.transaction() as current:
            await postgres.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(UniqueViolation):
                await postgres.execute("INSERT INTO t VALUES (1)")
            current.frames[-1].failed = False  # even if our own bookkeeping were wrong

    assert await postgres.fetch("SELECT a FROM t") == []


# --- tables that change ---


async def test_a_table_altered_between_two_reads_is_read_as_it_is_now(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    await engine.execute("CREATE TABLE t (a integer)")
    await engine.execute("INSERT INTO t VALUES (1)")
    assert await engine.fetch_named("SELECT * FROM t") == [{"a": 1}]

    await postgres.execute("ALTER TABLE t ADD b integer DEFAULT 2")

    assert await engine.fetch_named("SELECT * FROM t") == [{"a": 1, "b": 2}]


async def test_a_table_altered_before_a_transaction_makes_the_transaction_run_again(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    await engine.execute("CREATE TABLE t (a integer)")
    await engine.execute("INSERT INTO t VALUES (1)")
    await engine.fetch_named("SELECT * FROM t")
    await postgres.execute("ALTER TABLE t ADD b integer DEFAULT 2")

    with pytest.raises(SchemaChanged):
        async with engine.transaction():
            await engine.fetch_named("SELECT * FROM t")
    async with engine.transaction():
        rows = await engine.fetch_named("SELECT * FROM t")

    assert rows == [{"a": 1, "b": 2}]


# --- a pooler before the server ---


async def test_behind_a_pooler_in_transaction_mode_everything_works_without_a_statement_cache(
    pooler: Any, new_engine: Any
) -> None:
    engine: Engine = await new_engine(pooler.url, statement_cache_size=0, max_size=2)
    await engine.execute("CREATE TABLE t (a integer, b jsonb)")

    async def work(number: int) -> None:
        async with engine.transaction("serializable" if number % 2 else None):
            await engine.execute("INSERT INTO t VALUES ($1, '{}')", [number])
        await engine.fetch("SELECT a, b FROM t WHERE a = $1", [number])
        await engine.executemany("INSERT INTO t VALUES ($1)", [(number,), (number,)])

    for number in range(10):
        await work(number)
    assert [row[0] async for row in engine.stream("SELECT a FROM t WHERE a = 3", batch=2)] == [3, 3, 3]

    assert [row[0] for row in await engine.fetch("SELECT count(*) FROM t")] == [30]
    assert pooler.changes > 30


async def test_behind_a_pooler_the_usual_settings_are_refused_with_advice(pooler: Any) -> None:
    with pytest.raises(DatabaseUnreachable, match=r"is it PgBouncer\? then set \[orm\] statement_cache_size = 0"):
        await engine_from_url(pooler.url).open()


async def test_the_pooler_of_these_tests_does_break_a_statement_cache(pooler: Any, new_engine: Any) -> None:
    engine: PostgresEngine = await new_engine(pooler.url, statement_cache_size=0)
    engine._options["statement_cache_size"] = 100
    engine._places[-1].drop()

    with pytest.raises(InvalidStatement, match="prepared statement"):
        for _ in range(3):
            await engine.fetch("SELECT 1")


async def test_behind_a_pooler_the_statement_limit_is_kept_by_the_client(pooler: Any, new_engine: Any) -> None:
    engine: Engine = await new_engine(pooler.url, statement_cache_size=0, statement_timeout_seconds=0.1)

    with pytest.raises(StatementTimeout):
        await engine.fetch("SELECT pg_sleep(60)")


# --- TLS ---


async def test_a_certified_server_is_accepted_with_verify_full(
    tls: Any, certificates: Any, new_engine: Any, postgres_url: str
) -> None:
    database = urlsplit(postgres_url).path
    url = (
        f"postgresql://postgres@localhost:{tls.port}{database}?sslmode=verify-full&sslrootcert={certificates.authority}"
    )

    engine: Engine = await new_engine(url)

    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
    assert tls.encrypted == 1


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
async def test_a_server_with_a_certificate_of_a_stranger_is_refused(
    tls: Any, certificates: Any, postgres_url: str, mode: str
) -> None:
    database = urlsplit(postgres_url).path
    url = f"postgresql://postgres@localhost:{tls.port}{database}?sslmode={mode}&sslrootcert={certificates.stranger}"

    with pytest.raises(DatabaseUnreachable, match="certificate"):
        await engine_from_url(url, open_timeout_seconds=0).open()


async def test_a_server_with_a_certificate_for_another_name_is_refused_with_verify_full(
    tls: Any, certificates: Any, postgres_url: str
) -> None:
    database = urlsplit(postgres_url).path
    url = (
        f"postgresql://postgres@127.0.0.1:{tls.port}{database}?sslmode=verify-full&sslrootcert={certificates.authority}"
    )

    with pytest.raises(DatabaseUnreachable, match="certificate"):
        await engine_from_url(url, open_timeout_seconds=0).open()


async def test_a_server_without_tls_is_refused_where_tls_is_required(postgres_url: str) -> None:
    with pytest.raises(DatabaseUnreachable):
        await engine_from_url(f"{postgres_url}?sslmode=require", open_timeout_seconds=0).open()


async def test_a_tls_mode_that_does_not_exist_is_refused(postgres_url: str) -> None:
    with pytest.raises(InvalidDatabaseURL, match="check its query parameters"):
        await engine_from_url(f"{postgres_url}?sslmode=perhaps").open()
