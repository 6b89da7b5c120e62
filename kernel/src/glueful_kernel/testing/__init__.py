"""Tools for tests of plugins and applications: ``pip install 'glueful-kernel[testing]'``."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .network import Between, Proxy
    from .postgres import PostgresServer
    from .redis import RedisSentinel, RedisServer

__all__ = ["Between", "PostgresServer", "Proxy", "RedisSentinel", "RedisServer"]

__getattr__ = lazy_exports(
    __name__,
    {
        "Between": ".network",
        "PostgresServer": ".postgres",
        "Proxy": ".network",
        "RedisSentinel": ".redis",
        "RedisServer": ".redis",
    },
)
