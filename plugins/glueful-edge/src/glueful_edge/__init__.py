"""Refuses malformed and ambiguous HTTP requests before routing, for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .errors import BodyTooLarge, EdgeRefused, StaticFilesUnknown, UnsafeResponseHeader
    from .settings import EdgeSettings

__all__ = ["BodyTooLarge", "EdgeRefused", "EdgeSettings", "StaticFilesUnknown", "UnsafeResponseHeader"]

__getattr__ = lazy_exports(
    __name__,
    {
        "BodyTooLarge": ".errors",
        "EdgeRefused": ".errors",
        "EdgeSettings": ".settings",
        "StaticFilesUnknown": ".errors",
        "UnsafeResponseHeader": ".errors",
    },
)
