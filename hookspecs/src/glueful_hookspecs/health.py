"""Contribution hook for health checks."""

from collections.abc import Sequence

from .markers import hook
from .values import HealthCheck


@hook("contribution", since="0.1")
def glueful_health_checks() -> Sequence[HealthCheck]:
    """Add questions to the health report.

    When: an application is being built; a check itself runs when the report is asked for, in the event loop.
    Order: checks run concurrently, each within its own time limit.
    Errors: fail the plugin; an error of a check is that check's failure.
    Returns: the checks, each with a name that no other plugin uses.
    """
    return ()
