"""Connections that break: typed errors, a pool that recovers, and no guess about a commit."""

import asyncio
from typing import Any

import pytest
from glueful_orm.engines import ROUTER, Engine, engine_from_url
from glueful_orm.errors import (
    CommitOutcomeUnknown,
    ConnectionLost,
    DatabaseUnreachable,
    StatementTimeout,
)
from glueful_orm.transactions import after_commit, after_rollback, in_transaction, run_in_transaction, transaction

KILL_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


async def healthy(engine: Engine) -> None:
    """Every place of the pool works, and none is lent."""
    assert not in_transaction()
    rows = await asyncio.gather(*[engine.fetch("SELECT 1") for _ in range(10)])
    assert [row[0][0] for row in rows] == [1] * 10
    assert engine.in_use == 0


async def test_a_read_whose_idle_connection_was_closed_is_sent_again(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=3, max_size=3)

    await postgres.fetch(KILL_OTHERS)

    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
    await healthy(engine)


async def test_a_read_that_breaks_halfway_is_sent_again(proxy: Any, through_proxy: Engine) -> None:
    proxy.cut_at(b"SELECT 41", after_delivery=True)

    assert [row[0] for row in await through_proxy.fetch("SELECT 41 + 1")] == [42]
    await healthy(through_proxy)


async def test_a_write_that_breaks_halfway_is_not_sent_again(
    proxy: Any, through_proxy: Engine, postgres: Engine
) -> None:
    await through_proxy.execute("CREATE TABLE t (a integer)")
    proxy.cut_at(b"INSERT", after_delivery=True)

    with pytest.raises(ConnectionLost, match="the connection to PostgreSQL was lost"):
        await through_proxy.fetch("INSERT INTO t VALUES (1) RETURNING a")

    assert len(await postgres.fetch("SELECT a FROM t")) <= 1
    await healthy(through_proxy)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT nextval('numbers')",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a INTO copy FROM t",
        "WITH new AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM new",
    ],
)
async def test_a_read_with_an_effect_is_not_sent_again(proxy: Any, through_proxy: Engine, statement: str) -> None:
    await through_proxy.execute("CREATE SEQUENCE numbers")
    await through_proxy.execute("CREATE TABLE t (a integer)")
    proxy.cut_at(statement.encode(), after_delivery=False)

    with pytest.raises(ConnectionLost):
        await through_proxy.fetch(statement)

    await healthy(through_proxy)


async def test_a_transaction_whose_connection_is_killed_fails_as_a_whole(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=2, max_size=2)
    calls: list[str] = []
    await postgres.execute("CREATE TABLE t (a integer)")

    with ROUTER.using(engine), pytest.raises(ConnectionLost):
        async with transaction():
            await engine.execute("INSERT INTO t VALUES (1)")
            await after_commit(lambda: calls.append("committed"))
            await after_rollback(lambda: calls.append("rolled back"))
            await postgres.fetch(KILL_OTHERS)
            await engine.execute("INSERT INTO t VALUES (2)")

    assert calls == ["rolled back"]
    assert await postgres.fetch("SELECT a FROM t") == []
    await healthy(engine)


async def test_a_connection_that_was_killed_before_the_commit_was_sent_has_stored_nothing(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    await postgres.execute("CREATE TABLE t (a integer)")

    with pytest.raises(ConnectionLost) as caught:
        async with engine.transaction():
            await engine.execute("INSERT INTO t VALUES (1)")
            await postgres.fetch(KILL_OTHERS)
            while engine._places[0].is_connected:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    assert not isinstance(caught.value, CommitOutcomeUnknown)
    assert await postgres.fetch("SELECT a FROM t") == []
    await healthy(engine)


@pytest.mark.parametrize("after_delivery", [True, False])
async def test_a_connection_that_breaks_at_the_commit_leaves_the_outcome_unknown(
    proxy: Any, through_proxy: Engine, postgres: Engine, after_delivery: bool
) -> None:
    calls: list[str] = []
    attempts: list[int] = []
    await postgres.execute("CREATE TABLE t (a integer)")

    async def work() -> None:
        attempts.append(1)
        await through_proxy.execute("INSERT INTO t VALUES (1)")
        await after_commit(lambda: calls.append("committed"))
        await after_rollback(lambda: calls.append("rolled back"))
        proxy.cut_at(b"COMMIT", after_delivery=after_delivery)

    with (
        ROUTER.using(through_proxy),
        pytest.raises(CommitOutcomeUnknown, match="look for its rows before doing it again"),
    ):
        await run_in_transaction(work, retries=5)

    assert attempts == [1]
    assert calls == []
    assert len(await postgres.fetch("SELECT a FROM t")) == int(after_delivery)
    await healthy(through_proxy)


async def test_a_connection_killed_while_the_commit_runs_leaves_the_outcome_unknown(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=1, max_size=1)
    await engine.execute("CREATE TABLE t (a integer)")
    await engine.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$"
    )
    await engine.execute(
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()"
    )

    async def kill() -> None:
        while not await postgres.fetch("SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await postgres.fetch(KILL_OTHERS)

    killer = asyncio.create_task(kill())
    with pytest.raises(CommitOutcomeUnknown):
        async with engine.transaction():
            await engine.execute("INSERT INTO t VALUES (1)")
    await killer

    assert await postgres.fetch("SELECT a FROM t") == []
    await healthy(engine)


async def test_a_transaction_begins_on_a_new_connection_when_the_idle_one_was_closed(
    postgres: Engine, new_engine: Any, postgres_url: str
) -> None:
    engine: Engine = await new_engine(postgres_url, min_size=2, max_size=2)
    await postgres.execute("CREATE TABLE t (a integer)")
    await postgres.fetch(KILL_OTHERS)

    async with engine.transaction():
        await engine.execute("INSERT INTO t VALUES (1)")

    assert len(await engine.fetch("SELECT a FROM t")) == 1


async def test_a_transaction_whose_connection_breaks_at_its_beginning_begins_on_another_one(
    proxy: Any, through_proxy: Engine
) -> None:
    await through_proxy.execute("CREATE TABLE t (a integer)")
    proxy.cut_at(b"BEGIN", after_delivery=True)

    async with through_proxy.transaction():
        await through_proxy.execute("INSERT INTO t VALUES (1)")

    assert len(await through_proxy.fetch("SELECT a FROM t")) == 1
    await healthy(through_proxy)


async def test_while_the_server_is_away_callers_are_told_and_afterwards_all_is_well(
    proxy: Any, through_proxy: Engine
) -> None:
    proxy.is_refusing = True
    proxy.cut_all()

    results = await asyncio.gather(*[through_proxy.fetch("SELECT 1") for _ in range(5)], return_exceptions=True)

    assert {type(result) for result in results} == {DatabaseUnreachable}
    assert through_proxy.in_use == 0
    proxy.is_refusing = False
    await healthy(through_proxy)


async def test_a_server_that_falls_silent_is_given_up_after_the_limit(
    proxy: Any, new_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glueful_orm.engines.postgres.ANSWER_GRACE_SECONDS", 0.1)
    monkeypatch.setattr("glueful_orm.engines.postgres_connection.CLEANING_SECONDS", 0.2)
    engine: Engine = await new_engine(proxy.url, min_size=1, max_size=1, statement_timeout_seconds=0.1)
    proxy.forget_all()

    with pytest.raises(StatementTimeout):
        await engine.fetch("SELECT 1")

    assert proxy.connections >= 1


async def test_an_idle_connection_that_a_firewall_dropped_is_found_before_it_is_used(
    proxy: Any, new_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glueful_orm.engines.postgres.PING_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("glueful_orm.engines.postgres_connection.PING_SECONDS", 0.1)
    engine: Engine = await new_engine(proxy.url, min_size=1, max_size=1)
    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
    before = proxy.connections
    proxy.forget_all()

    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
    assert proxy.connections > before


async def test_the_server_asks_after_a_silent_client_and_lets_go_of_one_that_vanished(
    postgres_url: str, new_engine: Any
) -> None:
    """Else the locks of a machine that lost its power, or its network, are held for two hours."""
    engine: Engine = await new_engine(postgres_url)

    rows = await engine.fetch("SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_%'")

    assert {row[0]: row[1] for row in rows} == {
        "tcp_keepalives_count": "3",
        "tcp_keepalives_idle": "15",
        "tcp_keepalives_interval": "5",
        "tcp_user_timeout": "30000",
    }


async def test_opening_waits_for_a_server_that_starts(postgres_url: str, proxy: Any) -> None:
    url = proxy.url
    port = int(url.rpartition(":")[2].partition("/")[0])
    await proxy.close()
    engine = engine_from_url(url, open_timeout_seconds=10)
    opening = asyncio.create_task(engine.open())
    await asyncio.sleep(0.1)
    assert not opening.done()

    await proxy.start(port)
    await opening

    await healthy(engine)
    await engine.close()


async def test_opening_gives_up_in_time_and_names_the_server_without_the_password(proxy: Any) -> None:
    await proxy.close()
    url = proxy.url.replace("postgres@", "postgres:hunter2@")
    engine = engine_from_url(url, open_timeout_seconds=0.2)

    with pytest.raises(DatabaseUnreachable) as caught:
        await engine.open()

    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(engine)
    assert not engine.is_open


async def test_opening_does_not_try_again_what_will_never_work(postgres_url: str) -> None:
    engine = engine_from_url(f"{postgres_url}_that_does_not_exist", open_timeout_seconds=60)

    async with asyncio.timeout(5):
        with pytest.raises(DatabaseUnreachable, match="InvalidCatalogName, SQLSTATE 3D000"):
            await engine.open()
