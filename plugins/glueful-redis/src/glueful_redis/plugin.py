"""The plugin: what glueful-redis adds to an application."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Finding, Plugin, hookimpl

from .settings import RedisSettings

if TYPE_CHECKING:
    import svcs
    from litestar.config.app import AppConfig

    from .clients import RedisClients
    from .stores import Stores


class RedisPlugin(Plugin[RedisSettings]):
    """Redis, or without a URL one file; see the README."""

    def __init__(self, settings: RedisSettings | None = None) -> None:
        super().__init__(settings)
        self._clients: RedisClients | None = None
        self._stores: Stores | None = None

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """``KeyValueStore``, ``Locks``, ``PubSub``; with a URL also ``RedisClients`` and the shared client."""
        from .health import ping, write_and_read
        from .keyvalue import KeyValueStore
        from .locks import Locks
        from .pubsub import PubSub

        if self.settings.url is not None:
            from redis.asyncio import Redis, RedisCluster

            from .clients import RedisClients

            clients = self._clients = self._clients or RedisClients(self.settings)
            services.register_value(RedisClients, clients, on_registry_close=clients.close)
            # Not entered: leaving it at the end of a request would close the connections of all.
            kind = RedisCluster if clients.is_cluster else Redis
            services.register_factory(kind, lambda: clients.shared, enter=False, ping=ping)
        stores = self.stores()
        check = write_and_read(stores.file) if stores.file is not None else None
        services.register_value(KeyValueStore, stores.key_values, ping=check, on_registry_close=stores.close)
        services.register_value(Locks, stores.locks)
        services.register_value(PubSub, stores.pubsub)

    def stores(self) -> "Stores":
        """The implementations of this application, closed while it does not serve."""
        from .stores import Stores

        if self._stores is None:
            self._stores = Stores(self.settings, self._clients)
        return self._stores

    @hookimpl
    def glueful_startup(self) -> None:
        """Without a URL: see whether the file can be used, and say where it is."""
        if (file := self.stores().file) is not None:
            file.check()
            logging.getLogger("glueful.redis").info(
                "redis.url is not set: keys, locks and messages are in %s, for the processes of this machine alone",
                file.where,
            )

    @hookimpl
    async def glueful_shutdown(self) -> None:
        """End subscriptions, before what they listen to is closed."""
        await self.stores().pubsub.close()

    @hookimpl
    def glueful_configure(self, app_config: "AppConfig") -> None:
        """Litestar's stores, if the settings ask for it and the application names none."""
        if not self.settings.litestar_stores or app_config.stores is not None:
            return
        from litestar.stores.registry import StoreRegistry

        from .litestar_store import KeyValueBackedStore

        key_values = self.stores().key_values.namespace("litestar")
        app_config.stores = StoreRegistry(default_factory=lambda name: KeyValueBackedStore(key_values.namespace(name)))

    @hookimpl
    def glueful_production_findings(self) -> Sequence[Finding]:
        """The embedded file serves one machine."""
        if self.settings.url is not None:
            return ()
        return (
            Finding(
                code="redis.single_machine",
                what="redis.url is not set: keys, locks and messages are shared on one machine only",
                fix="GLUEFUL_REDIS__URL=redis://user:password@host:6379/0",
            ),
        )

    @hookimpl(optionalhook=True)
    def glueful_error_mappings(self) -> Mapping[type[Exception], Mapping[str, Any]]:
        """Errors of keys, locks and messages as problems: 409, 503, 507."""
        from .mappings import error_mappings

        return error_mappings(has_server=self.settings.url is not None)
