"""The plugin: what glueful-redis adds to an application."""

from typing import TYPE_CHECKING

from glueful_hookspecs import Plugin, hookimpl

from .settings import RedisSettings

if TYPE_CHECKING:
    import svcs

    from .clients import RedisClients


class RedisPlugin(Plugin[RedisSettings]):
    """Redis, or without a URL one file; see the README."""

    def __init__(self, settings: RedisSettings | None = None) -> None:
        super().__init__(settings)
        self._clients: RedisClients | None = None

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """With a URL: ``RedisClients``, and its shared client as ``redis.asyncio.Redis`` or ``RedisCluster``."""
        if self.settings.url is None:
            return
        from redis.asyncio import Redis, RedisCluster

        from .clients import RedisClients
        from .health import ping

        clients = self._clients = RedisClients(self.settings)
        services.register_factory(RedisClients, lambda: clients, on_registry_close=clients.close)
        # Not entered: leaving it at the end of a request would close the connections of all.
        kind = RedisCluster if clients.is_cluster else Redis
        services.register_factory(kind, lambda: clients.shared, enter=False, ping=ping)
