"""Contribution hook for what stands against serving in production."""

from collections.abc import Sequence

from .markers import hook
from .values import Finding


@hook("contribution", since="0.1")
def glueful_production_findings() -> Sequence[Finding]:
    """Say what is fine while developing and wrong in production, with the settings in force.

    When: ``glueful plugin doctor --production``, after the application is built; nothing is started and no event loop
        runs, so decide from ``self.settings`` and open no connection.
    Order: plugins in dependency order.
    Errors: fail the plugin, and so the command.
    Returns: the findings; any makes the command exit with 1. Nothing where the settings are fit for production.
    """
    return ()
