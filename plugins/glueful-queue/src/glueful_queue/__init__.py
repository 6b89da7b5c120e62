"""Background jobs for Glueful on SAQ: at least once, on SQLite, PostgreSQL or Redis."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .background import BackgroundWorker
    from .settings import QueueSettings

__all__ = ["BackgroundWorker", "QueueSettings"]

__getattr__ = lazy_exports(__name__, {"BackgroundWorker": ".background", "QueueSettings": ".settings"})
