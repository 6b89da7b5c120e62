"""What every command of this group begins with: the plugin, the environment, an open database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import click
from glueful_hookspecs import COMMAND_PLUGIN

from ..migrate.runner import Migrator

if TYPE_CHECKING:
    from ..engines import Engine
    from ..plugin import OrmPlugin


class Session(NamedTuple):
    """An open database and the migrations of the application."""

    plugin: "OrmPlugin"
    engine: "Engine"
    migrator: Migrator
    is_production: bool


def is_production(context: click.Context) -> bool:
    """Whether the kernel runs in production; so it is where nobody says otherwise."""
    return getattr(context.obj, "environment", "production") == "production"


@asynccontextmanager
async def session() -> AsyncIterator[Session]:
    """Open the database of ``migration_url``, else of ``url``, for the running command, and bind the models to it."""
    from ..composition import migrator, new_migration_engine
    from ..engines import ROUTER

    context = click.get_current_context()
    plugin: OrmPlugin = context.meta[COMMAND_PLUGIN]
    engine = new_migration_engine(plugin.settings)
    await engine.open()
    ROUTER.bind(engine)
    try:
        production = is_production(context)
        yield Session(
            plugin, engine, migrator(engine, plugin.settings, plugin.hooks, is_production=production), production
        )
    finally:
        ROUTER.unbind(engine)
        await engine.close()
