"""Fixtures for the engines: one database of each kind."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from glueful_orm.engines import ROUTER, Engine, engine_from_url


@pytest.fixture
def sqlite_path(tmp_path: Path) -> str:
    """Where a SQLite database may be."""
    return str(tmp_path / "test.sqlite3")


@pytest.fixture
async def sqlite(sqlite_path: str) -> AsyncIterator[Engine]:
    """An open SQLite engine that models use."""
    engine = engine_from_url(f"sqlite:///{sqlite_path}")
    await engine.open()
    ROUTER.bind(engine)
    yield engine
    ROUTER.unbind(engine)
    await engine.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Engine]:
    """An open PostgreSQL engine that models use."""
    engine = engine_from_url(postgres_url)
    await engine.open()
    ROUTER.bind(engine)
    yield engine
    ROUTER.unbind(engine)
    await engine.close()


@pytest.fixture
async def new_engine() -> AsyncIterator[Callable[..., object]]:
    """Opens further engines, which are closed after the test."""
    engines: list[Engine] = []

    async def new(url: str, **options: object) -> Engine:
        engine = engine_from_url(url, **options)
        await engine.open()
        engines.append(engine)
        return engine

    yield new
    for engine in engines:
        await engine.close()


@pytest.fixture
async def numbers(engine: Engine) -> None:
    """A table ``t`` of numbers, empty."""
    await engine.execute("CREATE TABLE t (a integer PRIMARY KEY)")


@pytest.fixture
def insert(engine: Engine, sql: Callable[[str], str]) -> Callable[[int], Awaitable[int]]:
    """Stores a number in ``t``."""
    statement = sql("INSERT INTO t VALUES (?)")
    return lambda value: engine.execute(statement, [value])


@pytest.fixture
def stored(engine: Engine) -> Callable[[], Awaitable[list[int]]]:
    """The numbers in ``t``, in their order."""

    async def read() -> list[int]:
        return [row[0] for row in await engine.fetch("SELECT a FROM t ORDER BY a")]

    return read
