"""What other packages hand over: where their migrations lie, and which rows to begin with."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec


class MigrationSource(msgspec.Struct, frozen=True):
    """The migrations of one app, usually of one distribution."""

    app: str
    """Unique name: lower-case letters, digits and underscores, beginning with a letter. Files are named after it."""
    folder: Path
    """Where the files ``<app>_<timestamp>….py`` lie; ``Path(__file__).parent / "migrations"``."""
    models: Sequence[type[Any]] | str = ()
    """The models that these migrations store, or the name of the module that defines them; used by ``make --auto`` and
    ``check``."""
    requires: tuple[str, ...] = ()
    """Apps whose migrations run before these: those that foreign keys point to."""


class Seeder(msgspec.Struct, frozen=True):
    """Rows to begin with."""

    name: str
    """Shown when it runs, and what ``glueful db seed NAME`` asks for."""
    run: Callable[[], Awaitable[None]]
    """Inserts the rows, inside a transaction; must do no harm when it runs again."""
