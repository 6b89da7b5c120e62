"""Models outside an application: scripts, notebooks, workers, tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from glueful_hookspecs import Secret

from .engines.engine import Engine
from .engines.keys import set_keys
from .engines.router import ROUTER
from .engines.url import engine_from_url


@asynccontextmanager
async def connect(url: str | Secret, *, key: Secret | None = None, **options: Any) -> AsyncIterator[Engine]:
    """Open a database, and let the models of this context use it.

    ``async with connect("sqlite:///shop.sqlite3"): await User.find(1)``. Tasks that are started inside use it, too.
    Blocks nest: the innermost database is used.

    Args:
        url: as for ``engine_from_url``.
        key: see ``OrmSettings.key``.
        options: keyword arguments of the engine.

    Raises:
        InvalidDatabaseURL: the URL cannot be read.
        DatabaseUnreachable: the database did not answer in time.
    """
    text = url.reveal() if isinstance(url, Secret) else url
    engine = engine_from_url(text, **options)
    set_keys(engine, text, key)
    await engine.open()
    try:
        with ROUTER.using(engine):
            yield engine
    finally:
        await engine.close()
