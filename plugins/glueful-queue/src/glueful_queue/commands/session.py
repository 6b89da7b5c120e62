"""What every command of this group begins with: a started application that works on nothing by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click
from glueful_hookspecs import COMMAND_PLUGIN

if TYPE_CHECKING:
    from ..plugin import QueuePlugin


@asynccontextmanager
async def session() -> "AsyncIterator[QueuePlugin]":
    """Start the plugins of the running command's kernel, without serving anybody."""
    context = click.get_current_context()
    plugin: QueuePlugin = context.meta[COMMAND_PLUGIN]
    async with context.obj.started():
        yield plugin
