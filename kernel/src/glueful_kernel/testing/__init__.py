"""Tools for tests of plugins and applications: ``pip install 'glueful-kernel[testing]'``."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .network import Between, Proxy
    from .postgres import PostgresServer
    from .redis import RedisServer

__all__ = ["Between", "PostgresServer", "Proxy", "RedisServer"]

__getattr__ = lazy_exports(
    __name__,
    {"Between": ".network", "PostgresServer": ".postgres", "Proxy": ".network", "RedisServer": ".redis"},
)
