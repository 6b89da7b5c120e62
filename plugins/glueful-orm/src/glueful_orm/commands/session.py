"""What every command of this group begins with: the plugin, the environment, an open database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec

import click

from ..migrate.runner import Migrator
from . import PLUGIN

if TYPE_CHECKING:
    from ..engines import Engine
    from ..plugin import OrmPlugin

P = ParamSpec("P")


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
    plugin: OrmPlugin = context.meta[PLUGIN]
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


def runs_async(function: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a coroutine function into a command's callback, with an event loop of its own."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(function(*args, **kwargs))

    return run


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head, aligned."""
    lines = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)
