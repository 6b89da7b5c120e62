"""What every command of this group begins with: a started application that works on nothing by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import click
from glueful_hookspecs import GluefulError

from ..errors import QueueNotMigrated
from . import PLUGIN

if TYPE_CHECKING:
    from ..plugin import QueuePlugin

P = ParamSpec("P")


@asynccontextmanager
async def session() -> "AsyncIterator[QueuePlugin]":
    """Start the plugins of the running command's kernel, without serving anybody."""
    from litestar import Litestar
    from litestar.datastructures import State

    context = click.get_current_context()
    plugin: QueuePlugin = context.meta[PLUGIN]
    app = Litestar([], plugins=[context.obj], openapi_config=None, state=State({"is_command": True}))
    async with app.lifespan():
        yield plugin


def runs_async(function: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """Make a coroutine function into a command's callback; what it refuses is one line."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(function(*args, **kwargs))
        except BaseException as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    return run


def _refusal(error: BaseException) -> GluefulError | None:
    from glueful_orm import DatabaseError

    from ..service import is_unmigrated

    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, DatabaseError) and is_unmigrated(error):
        return QueueNotMigrated()
    return error if isinstance(error, GluefulError) else None


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head, aligned."""
    lines = [["" if cell is None else str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
