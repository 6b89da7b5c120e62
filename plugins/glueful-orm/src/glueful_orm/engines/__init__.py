"""The databases: pools, statements, transactions, and the router that models use."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .engine import Dialect, Engine
    from .observation import Observer
    from .postgres import PostgresEngine
    from .router import ROUTER, Router
    from .session import Isolation, Row
    from .sqlite import SQLiteEngine
    from .url import engine_from_url

__all__ = [
    "ROUTER",
    "Dialect",
    "Engine",
    "Isolation",
    "Observer",
    "PostgresEngine",
    "Router",
    "Row",
    "SQLiteEngine",
    "engine_from_url",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ROUTER": ".router",
        "Dialect": ".engine",
        "Engine": ".engine",
        "Isolation": ".session",
        "Observer": ".observation",
        "PostgresEngine": ".postgres",
        "Router": ".router",
        "Row": ".session",
        "SQLiteEngine": ".sqlite",
        "engine_from_url": ".url",
    },
)
