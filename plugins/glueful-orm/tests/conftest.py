"""Fixtures of this package: a database of each kind, new for every test."""

import asyncio
from collections.abc import AsyncIterator
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
    try:
        with ROUTER.using(engine):
            yield engine
        await asyncio.sleep(0)
        assert engine.in_use == 0, "a connection was not given back"
    finally:
        await engine.close()
