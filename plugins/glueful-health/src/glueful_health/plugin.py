"""The plugin: two routes over the checks of all plugins."""

from typing import Any

from glueful_hookspecs import Plugin, hookimpl

from .settings import HealthSettings


class HealthPlugin(Plugin[HealthSettings]):
    """Liveness and readiness; see the README."""

    @hookimpl
    def glueful_routes(self) -> list[Any]:
        """``live`` and ``ready``."""
        from .report import Examiner
        from .routes import health_routes

        examiner = Examiner(self.hooks.contributions("glueful_health_checks"))
        return list(health_routes("/" + self.settings.path.strip("/"), examiner))
