"""Which broker an application has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import svcs
from glueful_hookspecs import Hooks
from glueful_orm import Engine

from .broker import Broker
from .database_queue import DatabaseQueue
from .errors import BrokerUnavailable
from .job_news import JobNews
from .service import Queues

if TYPE_CHECKING:
    from litestar import Litestar

    from .settings import QueueSettings

BLOCKING_CONNECTIONS = 64


async def new_queues(settings: "QueueSettings", app: "Litestar", hooks: Hooks, **options: Any) -> Queues:
    """The queues of an application that starts.

    Raises:
        BrokerUnavailable: the settings ask for a broker that is not there.
    """
    for _ in hooks.contributions("glueful_jobs"):
        pass  # asking has imported, and so declared, the jobs of plugins
    async with svcs.Container(app.state.services) as services:
        engine = await services.aget(Engine)
        clients = await _redis_clients(services) if settings.broker in ("auto", "redis") else None
    given = {
        "lease_seconds": settings.lease_seconds,
        "max_payload_bytes": settings.max_payload_bytes,
        "poll_seconds": settings.poll_seconds,
    }
    if settings.broker == "redis" and clients is None:
        raise BrokerUnavailable(
            "redis", "pip install glueful-redis   and set GLUEFUL_REDIS__URL=redis://localhost:6379/0"
        )
    if settings.broker not in ("auto", "redis", engine.dialect):
        raise BrokerUnavailable(settings.broker, f'[orm] url is {engine.dialect}; set [queue] broker = "auto"')
    is_transactional = clients is None
    make = _database(engine, given) if clients is None else _redis(clients, given)
    return Queues(
        settings, make, is_transactional=is_transactional, engine=engine, hooks=hooks, application=app, **options
    )


async def _redis_clients(services: svcs.Container) -> Any:
    try:
        from glueful_redis import RedisClients
    except ImportError:
        return None
    try:
        return await services.aget(RedisClients)
    except svcs.exceptions.ServiceNotFoundError:
        return None


def _database(engine: Engine, given: dict[str, Any]) -> Callable[[str], Broker]:
    others = JobNews(engine) if engine.dialect == "postgres" else None

    def make(name: str) -> Broker:
        queue = DatabaseQueue(engine, name, **given)
        queue.others = others
        return queue

    return make


def _redis(clients: Any, given: dict[str, Any]) -> Callable[[str], Broker]:
    from .redis_queue import RedisQueue

    # Each queue blocks on one connection; its answer comes after poll_seconds at the latest.
    blocking = clients.dedicated(
        max_connections=BLOCKING_CONNECTIONS, socket_timeout=given["poll_seconds"] + 5.0, reconnect_seconds=0.0
    )
    return lambda name: RedisQueue(clients.shared, blocking, clients.prefix, name, **given)
