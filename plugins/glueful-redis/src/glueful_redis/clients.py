"""The clients of one application."""

import logging
import socket
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from .address import Address
from .client import Client, ClusterClient
from .connection import (
    ManagedConnection,
    ManagedTlsConnection,
    PlainConnection,
    SocketFileConnection,
    TlsConnection,
)
from .errors import RedisNotConfigured
from .pool import Pool, SentinelPool
from .settings import RedisSettings

log = logging.getLogger("glueful.redis")

_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
KEEP_ALIVE = {getattr(socket, name): value for name, value in _KEEP_ALIVE.items() if hasattr(socket, name)}
"""A peer that vanished without a word is noticed after 30 seconds."""


class RedisClients:
    """Clients for the server of the settings; one of them is shared by all. Connections open at the first command.

    Args:
        settings: section ``[redis]``, with a URL.

    Attributes:
        prefix: what the keys and channels of this application begin with, without a separator.

    Raises:
        RedisNotConfigured: there is no URL.
    """

    def __init__(self, settings: RedisSettings) -> None:
        if settings.url is None:
            raise RedisNotConfigured
        self._settings = settings
        self._address = Address.parse(settings.url)
        self._clients: list[Client | ClusterClient] = []
        self._sentinels: list[Redis] = []
        self._shared: Client | ClusterClient | None = None
        self.prefix = settings.prefix

    def __repr__(self) -> str:
        return f"RedisClients({self._address}, prefix={self.prefix!r})"

    @property
    def address(self) -> Address:
        """Where the server is; its text shows no credentials."""
        return self._address

    @property
    def is_cluster(self) -> bool:
        """Whether clients are ``redis.asyncio.RedisCluster``: keys that one command names must share a slot."""
        return bool(self._address.kind == "cluster")

    @property
    def shared(self) -> Client | ClusterClient:
        """The client for commands that are answered at once.

        A ``redis.asyncio.Redis``, or in a cluster a ``redis.asyncio.RedisCluster``. Its answers are bytes.
        """
        if self._shared is None:
            settings = self._settings
            self._shared = self.dedicated(
                max_connections=settings.max_connections, socket_timeout=settings.timeout_seconds
            )
        return self._shared

    def dedicated(
        self,
        *,
        max_connections: int,
        socket_timeout: float | None = None,
        reconnect_seconds: float | None = None,
        ping_after_seconds: float | None = None,
    ) -> Client | ClusterClient:
        """A client of one's own, for blocking reads; it is closed with the others.

        Args:
            max_connections: how many it may open: as many as there may be blocking reads at once, and a few more.
            socket_timeout: how long an answer may take, in seconds; longer than any blocking read. None: for ever, so
                that a server that vanishes without a word is noticed only by TCP keep-alive, after 30 seconds.
            reconnect_seconds: instead of the setting; 0 for a caller with a back-off of its own.
            ping_after_seconds: instead of the setting.
        """
        settings = self._settings
        options: dict[str, Any] = {
            **self._address.credentials,
            "max_connections": max_connections,
            "socket_timeout": socket_timeout,
            "socket_connect_timeout": settings.connect_timeout_seconds,
            "health_check_interval": settings.ping_after_seconds if ping_after_seconds is None else ping_after_seconds,
            "client_name": self.prefix,
            "retry": Retry(NoBackoff(), 0),
        }
        client = self._cluster(options) if self.is_cluster else self._single(options)
        client.reconnect_seconds = settings.reconnect_seconds if reconnect_seconds is None else reconnect_seconds
        self._clients.append(client)
        return client

    def _single(self, options: dict[str, Any]) -> Client:
        address = self._address
        options |= {
            "db": address.database,
            "timeout": self._settings.acquire_timeout_seconds,
            "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        }
        pool: Pool | SentinelPool
        if address.kind == "sentinel":
            sentinel = Sentinel(  # type: ignore[no-untyped-call]
                address.nodes,
                sentinel_kwargs={
                    **address.sentinel_credentials,
                    **(self._tls() | {"ssl": True} if address.is_tls else {}),
                    "socket_timeout": self._settings.connect_timeout_seconds,
                    "socket_connect_timeout": self._settings.connect_timeout_seconds,
                    "retry": Retry(NoBackoff(), 0),
                    "maint_notifications_config": MaintNotificationsConfig(enabled=False),
                },
            )
            self._sentinels.extend(sentinel.sentinels)
            kind: Any = ManagedTlsConnection if address.is_tls else ManagedConnection
            options |= self._tls() | {"socket_keepalive_options": KEEP_ALIVE}
            pool = SentinelPool(address.service, sentinel, connection_class=kind, **options)  # type: ignore[no-untyped-call]
        elif address.path:
            pool = Pool(connection_class=SocketFileConnection, path=address.path, **options)
        else:
            host, port = address.nodes[0]
            kind = TlsConnection if address.is_tls else PlainConnection
            options |= self._tls() | {"socket_keepalive_options": KEEP_ALIVE}
            pool = Pool(connection_class=kind, host=host, port=port, **options)
        pool.connect_seconds = self._settings.connect_timeout_seconds
        return Client.from_pool(pool)  # type: ignore[return-value]

    def _cluster(self, options: dict[str, Any]) -> ClusterClient:
        from redis.asyncio.cluster import ClusterNode

        nodes = [ClusterNode(host, port) for host, port in self._address.nodes]
        tls = self._tls() | {"ssl": True} if self._address.is_tls else {}
        return ClusterClient(
            startup_nodes=nodes,
            # Each fifth MOVED would close the connections under the commands of others; 0 mends the map slot by slot.
            reinitialize_steps=0,
            socket_keepalive_options=KEEP_ALIVE,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
            **tls,
            **options,
        )

    def _tls(self) -> dict[str, Any]:
        if not self._address.is_tls:
            return {}
        own = {"ssl_ca_certs": self._settings.ca_file} if self._settings.ca_file is not None else {}
        return own | self._address.tls

    async def close(self) -> None:
        """Close all clients; an error of one is logged and does not keep the others open."""
        clients, self._clients, self._shared = [*self._clients, *self._sentinels], [], None
        self._sentinels = []
        for client in clients:
            try:
                await client.aclose()
            except Exception:
                log.exception("a client of %s was not closed", self._address)
