"""Which broker an application has."""

from typing import TYPE_CHECKING, Any

import svcs
from glueful_hookspecs import Hooks
from glueful_orm import Engine

from .broker import Broker
from .database_queue import DatabaseQueue
from .errors import BrokerUnavailable
from .service import Queues

if TYPE_CHECKING:
    from litestar import Litestar

    from .settings import QueueSettings


async def new_queues(settings: "QueueSettings", app: "Litestar", hooks: Hooks, **options: Any) -> Queues:
    """The queues of an application that starts.

    Raises:
        BrokerUnavailable: the settings ask for a broker that is not there.
    """
    for _ in hooks.contributions("glueful_jobs"):
        pass  # asking has imported, and so declared, the jobs of plugins
    async with svcs.Container(app.state.services) as services:
        engine = await services.aget(Engine)
    chosen = settings.broker
    if chosen == "auto":
        chosen = engine.dialect
    if chosen not in ("redis", engine.dialect):
        raise BrokerUnavailable(chosen, f'[orm] url is a database of {engine.dialect}; set [queue] broker = "auto"')
    broker_options = {
        "lease_seconds": settings.lease_seconds,
        "max_payload_bytes": settings.max_payload_bytes,
        "poll_seconds": settings.poll_seconds,
    }

    def database_queue(name: str) -> Broker:
        return DatabaseQueue(engine, name, **broker_options)

    return Queues(settings, database_queue, is_transactional=True, hooks=hooks, application=app, **options)
