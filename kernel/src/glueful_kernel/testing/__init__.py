"""Tools for tests of plugins and applications: ``pip install 'glueful-kernel[testing]'``."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .postgres import PostgresServer
    from .redis import RedisServer

__all__ = ["PostgresServer", "RedisServer"]

__getattr__ = lazy_exports(__name__, {"PostgresServer": ".postgres", "RedisServer": ".redis"})
