"""The slow-query log and the observer."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.errors import UniqueViolation

Sql = Callable[[str], str]
SECRET = "hunter2-never-shown"


@pytest.fixture(autouse=True)
async def table(engine: Engine) -> None:
    await engine.execute("CREATE TABLE t (a varchar(100) UNIQUE)")


async def test_the_observer_is_told_of_every_statement_and_never_of_values(engine: Engine, sql: Sql) -> None:
    told: list[tuple[str, float, int | None, BaseException | None]] = []
    engine.observe = lambda *facts: told.append(facts)
    insert = sql("INSERT INTO t VALUES (?)")

    await engine.execute(insert, [SECRET])
    async with engine.transaction():
        await engine.fetch("SELECT a FROM t")
    await engine.executemany(insert, [["a"], ["b"]])
    rows = [row async for row in engine.stream("SELECT a FROM t")]
    with pytest.raises(UniqueViolation):
        await engine.execute(insert, [SECRET])

    assert len(rows) == 3
    assert [(statement, count) for statement, _, count, _ in told] == [
        (insert, 1),
        ("SELECT a FROM t", 1),
        (insert, 2),
        ("SELECT a FROM t", 3),
        (insert, None),
    ]
    assert [type(error) for _, _, _, error in told[-2:]] == [type(None), UniqueViolation]
    assert all(0 < duration < 5 for _, duration, _, _ in told)
    assert SECRET not in repr(told)


async def test_a_slow_statement_is_logged_with_its_text_and_without_values(
    engine: Engine, sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    engine.slow_query_ms = 0.000_001

    with caplog.at_level(logging.WARNING, "glueful.orm"):
        await engine.execute(sql("INSERT INTO t\n  VALUES (?)"), [SECRET])

    [record] = caplog.records
    assert record.getMessage().endswith(f"ms, 1 rows: {sql('INSERT INTO t VALUES (?)')}")
    assert record.__dict__["rows"] == 1
    assert record.__dict__["duration_ms"] > 0
    assert SECRET not in str(record.__dict__)


async def test_a_slow_statement_that_fails_is_logged_as_well(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    engine.slow_query_ms = 0.000_001

    with caplog.at_level(logging.WARNING, "glueful.orm"), pytest.raises(Exception, match="nowhere"):
        await engine.fetch("SELECT * FROM nowhere")

    assert "? rows: SELECT * FROM nowhere" in caplog.text


@pytest.mark.parametrize("threshold", [0, 60_000])
async def test_what_is_not_slow_is_not_logged(
    engine: Engine, threshold: float, caplog: pytest.LogCaptureFixture
) -> None:
    engine.slow_query_ms = threshold

    with caplog.at_level(logging.DEBUG, "glueful.orm"):
        await engine.fetch("SELECT 1")

    assert caplog.records == []
    assert engine.slow_query_ms == threshold


async def test_the_threshold_is_an_option_of_every_engine(database_url: str, new_engine: Any) -> None:
    engine: Engine = await new_engine(database_url, slow_query_ms=250)

    assert engine.slow_query_ms == 250
