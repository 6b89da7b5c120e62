"""When workers run: after every plugin has started, and until before any plugin stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .background import BackgroundHost, contributed_workers

if TYPE_CHECKING:
    from litestar import Litestar

    from .plugin import QueuePlugin


@asynccontextmanager
async def hosted_workers(app: "Litestar", plugin: "QueuePlugin") -> AsyncIterator[None]:
    """Host the workers of all plugins while ``app`` serves, if this process is to work."""
    if not plugin.hosts_workers(app):
        yield
        return
    host = BackgroundHost(contributed_workers(plugin.hooks))
    host.start()
    try:
        yield
    finally:
        await host.stop(plugin.settings.grace_seconds)
