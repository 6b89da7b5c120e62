"""What every command of this group begins with: a started application whose worker is not running."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click
from glueful_hookspecs import COMMAND_PLUGIN

if TYPE_CHECKING:
    from ..plugin import WebhooksPlugin
    from ..service import Webhooks


@asynccontextmanager
async def session() -> AsyncIterator["Webhooks"]:
    """Start the plugins of the running command's kernel, without serving anybody."""
    context = click.get_current_context()
    plugin: WebhooksPlugin = context.meta[COMMAND_PLUGIN]
    async with context.obj.started():
        yield plugin.webhooks()
