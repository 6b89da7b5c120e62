"""The plugin: one middleware, outermost at the edge."""

from functools import cached_property
from typing import Any

from glueful_hookspecs import Plugin, Stage, Staged, hookimpl

from .settings import EdgeSettings


class EdgePlugin(Plugin[EdgeSettings]):
    """Refuses what has two readings before anything is routed; see the README."""

    essential = True

    @cached_property
    def _static_paths(self) -> set[bytes]:
        return set()

    @hookimpl(tryfirst=True)
    def glueful_middleware(self) -> list[Staged]:
        """The edge middleware."""
        from .middleware import EdgeMiddleware

        return [Staged(Stage.EDGE, EdgeMiddleware(self.settings, self._static_paths))]

    @hookimpl(optionalhook=True)
    def glueful_unreported_errors(self) -> list[type[Exception]]:
        """A refusal is the client's fault, also where its status says that we do not know a thing: 501, 505."""
        from .errors import EdgeRefused

        return [EdgeRefused]

    @hookimpl(trylast=True)
    def glueful_litestar_plugins(self) -> list[Any]:
        """What is done to each route; last, since other plugins may still replace what it answers with."""
        from .litestar_plugin import EdgeRoutes

        return [EdgeRoutes(self._static_paths)]
