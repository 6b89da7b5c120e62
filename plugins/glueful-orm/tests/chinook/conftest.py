"""The Chinook sample database (github.com/lerocha/chinook-database, MIT licence), as its authors made it."""

import asyncio
import os
import re
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import inflection
import pytest
from glueful_orm import (
    Engine,
    Model,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    has_one,
    has_one_through,
    morph_many,
    morph_one,
    morph_to,
)
from glueful_orm.engines import ROUTER, engine_from_url
from piccolo.columns import Integer, Numeric, Timestamp, Varchar

ARCHIVE = Path(__file__).with_name("chinook.zip")


def models(named: Callable[[str], str]) -> Any:
    """The models of the schema, whose tables and columns are called ``named(name)``."""
    found = SimpleNamespace()

    def key(name: str) -> Any:
        return Integer(primary_key=True, db_column_name=named(name))

    def whole(name: str, *, null: bool = False) -> Any:
        return Integer(null=null, default=None if null else 0, db_column_name=named(name))

    def text(name: str) -> Any:
        return Varchar(null=True, default=None, db_column_name=named(name))

    class Artist(Model, tablename=named("artist")):
        artist_id = key("artist_id")
        name = text("name")
        albums = has_many(lambda: found.Album, key="artist_id")
        tracks = has_many_through(
            lambda: found.Track, through=lambda: found.Album, key="artist_id", other_key="album_id"
        )

    class Album(Model, tablename=named("album")):
        album_id = key("album_id")
        title = text("title")
        artist_id = whole("artist_id")
        artist = belongs_to(Artist, key="artist_id")
        tracks = has_many(lambda: found.Track, key="album_id")
        entry = morph_one(lambda: found.Entry, "item")

    class Genre(Model, tablename=named("genre")):
        genre_id = key("genre_id")
        name = text("name")

    class Track(Model, tablename=named("track")):
        track_id = key("track_id")
        name = text("name")
        album_id = whole("album_id", null=True)
        genre_id = whole("genre_id", null=True)
        milliseconds = whole("milliseconds")
        unit_price = Numeric(digits=(10, 2), db_column_name=named("unit_price"))
        album = belongs_to(Album, key="album_id", null=True)
        genre = belongs_to(Genre, key="genre_id", null=True)
        playlists = belongs_to_many(
            lambda: found.Playlist, through=lambda: found.PlaylistTrack, key="track_id", other_key="playlist_id"
        )
        lines = has_many(lambda: found.InvoiceLine, key="track_id")
        entries = morph_many(lambda: found.Entry, "item")

    class Playlist(Model, tablename=named("playlist")):
        playlist_id = key("playlist_id")
        name = text("name")
        tracks = belongs_to_many(Track, through=lambda: found.PlaylistTrack, key="playlist_id", other_key="track_id")

    class PlaylistTrack(Model, tablename=named("playlist_track"), keyless=True):
        playlist_id = whole("playlist_id")
        track_id = whole("track_id")

    class Employee(Model, tablename=named("employee")):
        employee_id = key("employee_id")
        last_name = text("last_name")
        reports_to = whole("reports_to", null=True)
        hire_date = Timestamp(null=True, db_column_name=named("hire_date"))
        manager = belongs_to(lambda: found.Employee, key="reports_to", null=True)
        reports = has_many(lambda: found.Employee, key="reports_to")
        customers = has_many(lambda: found.Customer, key="support_rep_id")

    class Customer(Model, tablename=named("customer")):
        customer_id = key("customer_id")
        email = text("email")
        country = text("country")
        support_rep_id = whole("support_rep_id", null=True)
        support = belongs_to(Employee, key="support_rep_id", null=True)
        invoices = has_many(lambda: found.Invoice, key="customer_id")
        some_invoice = has_one(lambda: found.Invoice, key="customer_id")
        lines = has_many_through(
            lambda: found.InvoiceLine, through=lambda: found.Invoice, key="customer_id", other_key="invoice_id"
        )

        some_line = has_one_through(
            lambda: found.InvoiceLine, through=lambda: found.Invoice, key="customer_id", other_key="invoice_id"
        )

    class Invoice(Model, tablename=named("invoice")):
        invoice_id = key("invoice_id")
        customer_id = whole("customer_id")
        total = Numeric(digits=(10, 2), db_column_name=named("total"))
        customer = belongs_to(Customer, key="customer_id")
        lines = has_many(lambda: found.InvoiceLine, key="invoice_id")

    class InvoiceLine(Model, tablename=named("invoice_line")):
        invoice_line_id = key("invoice_line_id")
        invoice_id = whole("invoice_id")
        track_id = whole("track_id")
        quantity = whole("quantity")
        track = belongs_to(Track, key="track_id")

    class Entry(Model, tablename="catalogue", keyless=True):
        item_type = Varchar()
        item_id = Integer()
        word = Varchar()
        item = morph_to("item", [Track, Album])

    for model in (
        Artist,
        Album,
        Genre,
        Track,
        Playlist,
        PlaylistTrack,
        Employee,
        Customer,
        Invoice,
        InvoiceLine,
        Entry,
    ):
        setattr(found, model.__name__, model)
    return found


CATALOGUE = (
    "CREATE VIEW catalogue AS SELECT 'Track' AS item_type, `track_id` AS item_id, `name` AS word FROM `track`"
    " UNION ALL SELECT 'Album', `album_id`, `title` FROM `album`"
)
"""Chinook has no rows that name a row of one of several tables; this view of it has."""


def written(text: str, named: Callable[[str], str]) -> str:
    """SQL with names in backticks as one of the databases has it."""
    return re.sub("`(\\w+)`", lambda match: f'"{named(match[1])}"', text)


MODELS = {"sqlite": models(inflection.camelize), "postgres": models(str)}


@pytest.fixture(scope="session")
def chinook_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chinook") / "chinook.sqlite3"
    with zipfile.ZipFile(ARCHIVE) as archive, sqlite3.connect(path) as connection:
        connection.executescript(archive.read("sqlite.sql").decode())
        connection.execute(written(CATALOGUE, inflection.camelize))
    connection.close()
    return path


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def chinook_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('chinook_file')}"
        return
    server = os.environ.get("GLUEFUL_TEST_POSTGRES_URL") or request.getfixturevalue("postgres_server").url
    name = f"chinook_{os.getpid()}"
    with zipfile.ZipFile(ARCHIVE) as archive:
        script = archive.read("postgres.sql").decode()
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    url = f"{server.rpartition('/')[0]}/{name}"
    asyncio.run(_execute(url, script))
    asyncio.run(_execute(url, written(CATALOGUE, str)))
    yield url
    asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


@pytest.fixture
async def chinook(chinook_url: str) -> AsyncIterator[Any]:
    """The models, on an open database."""
    engine = engine_from_url(chinook_url)
    await engine.open()
    ROUTER.bind(engine)
    yield MODELS[engine.dialect]
    ROUTER.unbind(engine)
    await engine.close()


@pytest.fixture
def rows(chinook: Any) -> Callable[..., Any]:
    """Runs SQL that was written by hand, with names in backticks."""
    engine: Engine = ROUTER.engine
    named = inflection.camelize if engine.dialect == "sqlite" else str

    async def fetch(text: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await engine.fetch(written(text, named), [])]

    return fetch
