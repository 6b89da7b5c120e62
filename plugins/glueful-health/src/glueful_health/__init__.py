"""Liveness and readiness of Glueful applications."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .errors import HealthCheckNameTaken
    from .report import HealthReport
    from .settings import HealthSettings

__all__ = ["HealthCheckNameTaken", "HealthReport", "HealthSettings"]

__getattr__ = lazy_exports(
    __name__,
    {"HealthCheckNameTaken": ".errors", "HealthReport": ".report", "HealthSettings": ".settings"},
)
