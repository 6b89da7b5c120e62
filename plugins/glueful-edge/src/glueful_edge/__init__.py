"""Refuses malformed and ambiguous HTTP requests before routing, for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .errors import EdgeRefused, UnsafeResponseHeader
    from .settings import EdgeSettings

__all__ = ["EdgeRefused", "EdgeSettings", "UnsafeResponseHeader"]

__getattr__ = lazy_exports(
    __name__,
    {"EdgeRefused": ".errors", "EdgeSettings": ".settings", "UnsafeResponseHeader": ".errors"},
)
