"""Which workers a process has, and when they run: after every plugin has started, and until before any plugin stops."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .background import BackgroundHost, BackgroundWorker, contributed_workers
from .scheduler import Scheduler, contributed_schedules
from .worker import JobWorker

if TYPE_CHECKING:
    from glueful_hookspecs import Hooks
    from litestar import Litestar

    from .plugin import QueuePlugin
    from .service import Queues


def workers_of(queues: "Queues", hooks: "Hooks", names: Sequence[str], concurrency: int) -> list[BackgroundWorker]:
    """A worker for each queue, the relay, the scheduler, and what plugins contribute."""
    found: list[BackgroundWorker] = [JobWorker(queues, queues.broker(name), concurrency) for name in names]
    if not queues.is_transactional:
        found.append(queues.outbox)
    if schedules := contributed_schedules(hooks):
        found.append(Scheduler(queues, schedules))
    return [*found, *contributed_workers(hooks)]


@asynccontextmanager
async def hosted_workers(app: "Litestar", plugin: "QueuePlugin") -> AsyncIterator[None]:
    """Host workers while ``app`` serves, if this process is to work."""
    if not plugin.hosts_workers(app):
        yield
        return
    settings = plugin.settings
    host = BackgroundHost(workers_of(plugin.queues(), plugin.hooks, settings.queues, settings.concurrency))
    host.start()
    try:
        yield
    finally:
        await host.stop(settings.grace_seconds)
