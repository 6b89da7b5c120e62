"""Database URLs."""

from pathlib import Path

import pytest
from glueful_hookspecs import Secret
from glueful_orm import connect
from glueful_orm.engines import PostgresEngine, SQLiteEngine, engine_from_url
from glueful_orm.errors import InvalidDatabaseURL


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///shop.sqlite3", str(Path("shop.sqlite3").absolute())),
        ("sqlite:///data/my%20shop.sqlite3", str(Path("data/my shop.sqlite3").absolute())),
        ("sqlite:////var/lib/shop.sqlite3", "/var/lib/shop.sqlite3"),
        ("sqlite://:memory:", None),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
    ],
)
def test_sqlite_urls_name_a_file_or_memory(url: str, path: str | None) -> None:
    engine = engine_from_url(url)

    assert isinstance(engine, SQLiteEngine)
    assert engine.path == path


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_urls_may_have_both_schemes_and_options_go_to_the_engine(scheme: str) -> None:
    engine = engine_from_url(f"{scheme}://me:secret@db.example:6432/shop?sslmode=require", max_size=3, min_size=9)

    assert isinstance(engine, PostgresEngine)
    assert (engine.max_size, engine.min_size) == (3, 3)
    assert repr(engine) == "PostgresEngine('db.example:6432/shop')"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("shop.sqlite3", "has no scheme"),
        ("mysql://me:hunter2@host/shop", "has an unknown scheme"),
        ("sqlite://shop.sqlite3", "needs three slashes"),
        ("sqlite:///shop.sqlite3?mode=ro", "has parameters"),
        ("postgres://me:hunter2@host:port/shop", "has a host or port that cannot be read"),
        ("postgres://me:hunter2#x@host/shop", "has a host or port that cannot be read"),
        ("postgres://me:hun/ter2@host/shop", "has a host or port that cannot be read"),
        ("postgres://me:[hunter2@host/shop", "has a host or port that cannot be read"),
        ("postgres://me:hunter2@host:0/shop", "has a host or port that cannot be read"),
        ("postgres://me:hunter2@host/", "names no database"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_being_shown(url: str, problem: str) -> None:
    with pytest.raises(InvalidDatabaseURL, match=problem) as caught:
        engine_from_url(url)

    assert "hun" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_secret_may_be_given_to_connect() -> None:
    async with connect(Secret("sqlite://:memory:")) as engine:
        assert [tuple(row) for row in await engine.fetch("SELECT 1")] == [(1,)]
