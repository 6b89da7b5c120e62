"""What tests of migrations share: apps made of files, and a migrator for either database."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from glueful_orm.migrate.runner import Migrator
from glueful_orm.migrate.sources import MigrationSource
from glueful_orm.settings import OrmSettings

HEAD = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import *
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check, Unique
from piccolo.table import Table

ID = {name!r}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name={app!r})
{body}
    return manager
"""


class Apps:
    """Migration sources in folders of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: dict[str, MigrationSource] = {}

    def app(self, name: str, *requires: str, models: Sequence[type[Any]] = ()) -> MigrationSource:
        """A new app."""
        folder = self.folder / name
        folder.mkdir()
        self.sources[name] = MigrationSource(name, folder, models, requires)
        return self.sources[name]

    def write(self, app: str, number: int, body: str) -> str:
        """A migration of an app; returns its name."""
        name = f"{app}_2026{number:04}"
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        (self.folder / app / f"{name}.py").write_text(HEAD.format(name=name, app=app, body=lines))
        return name


@pytest.fixture
def apps(tmp_path: Path) -> Apps:
    folder = tmp_path / "apps"
    folder.mkdir()
    return Apps(folder)


@pytest.fixture
def migrator(engine: Any, apps: Apps) -> Callable[..., Migrator]:
    """Builds a migrator of all apps; takes ``OrmSettings`` fields and the migrator's own arguments."""

    def build(settings: OrmSettings | None = None, **options: Any) -> Migrator:
        return Migrator(engine, list(apps.sources.values()), settings or OrmSettings(), **options)

    return build


LIBRARY = """
manager.add_table("Author", "authors")
manager.add_column("Author", "authors", "name", column_class=Varchar, params=dict(length=50, index=True))
manager.add_column("Author", "authors", "email", column_class=Varchar, params=dict(
    default=None, null=True, unique=True))
manager.add_column("Author", "authors", "age", column_class=Integer, params=dict(default=None, null=True))
manager.add_column("Author", "authors", "code", column_class=Varchar, params=dict(length=10, default="1"))
manager.add_constraint("Author", "authors", "old_enough", Check, dict(condition='"age" > 10'))
manager.add_constraint("Author", "authors", "one_of_a_kind", Unique, dict(columns=["name", "age"]))
manager.add_table("Book", "books")
class Author(Table, tablename="authors"):
    id = Serial(primary_key=True)
manager.add_column("Book", "books", "author_id", column_class=ForeignKey, params=dict(
    references=Author, default=None, on_delete=OnDelete.cascade, on_update=OnUpdate.cascade, index=True))
manager.add_column("Book", "books", "title", column_class=Varchar, params=dict())
"""


@pytest.fixture
async def library(apps: Apps, migrator: Callable[..., Migrator], engine: Any) -> Any:
    """The app ``library``: two authors, and a book of each that goes with its author. Returns the engine."""
    apps.app("library")
    apps.write("library", 1, LIBRARY)
    await migrator().migrate()
    await engine.execute("INSERT INTO authors (name, email, age, code) VALUES ('Ada', 'ada@example.org', 36, '12')")
    await engine.execute("INSERT INTO authors (name, email, age, code) VALUES ('Bob', NULL, NULL, '7')")
    await engine.execute("INSERT INTO books (author_id, title) SELECT id, name FROM authors")
    return engine
