"""The plugin: one middleware, outermost at the edge."""

from typing import Any

from glueful_hookspecs import Plugin, Stage, Staged, hookimpl

from .settings import EdgeSettings


class EdgePlugin(Plugin[EdgeSettings]):
    """Refuses what has two readings before anything is routed; see the README."""

    essential = True

    @hookimpl(tryfirst=True)
    def glueful_middleware(self) -> list[Staged]:
        """The edge middleware."""
        from .middleware import EdgeMiddleware

        return [Staged(Stage.EDGE, EdgeMiddleware(self.settings))]

    @hookimpl
    def glueful_litestar_plugins(self) -> list[Any]:
        """What OPTIONS answers."""
        from .allowed_methods import AllowedMethods

        return [AllowedMethods()]
