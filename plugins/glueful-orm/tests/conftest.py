"""Fixtures of this package: a database of each kind, new for every test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from glueful_orm.engines import ROUTER, Engine, engine_from_url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    """An open engine on ``database_url`` that models use; no connection may be left in use."""
    engine = engine_from_url(database_url)
    await engine.open()
    ROUTER.bind(engine)
    try:
        yield engine
        await settled(engine)
    finally:
        ROUTER.unbind(engine)
        await engine.close()


async def settled(engine: Engine) -> None:
    """Wait until connections that are being cleaned have come back, and fail if one does not."""
    for _ in range(200):
        if engine.in_use == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{engine.in_use} connections were not given back")


@pytest.fixture
def sql_for() -> Callable[[Engine], Callable[[str], str]]:
    """Writes ``?`` as the placeholders of an engine's database."""

    def choose(engine: Engine) -> Callable[[str], str]:
        def write(text: str) -> str:
            parts = text.split("?")
            return parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], 1))

        return str if engine.dialect == "sqlite" else write

    return choose


@pytest.fixture
def sql(engine: Engine, sql_for: Callable[[Engine], Callable[[str], str]]) -> Callable[[str], str]:
    """Writes ``?`` as the placeholders of the database under test."""
    return sql_for(engine)
