"""The Litestar plugin: what is done to each route when it is registered."""

from typing import TYPE_CHECKING

from litestar.handlers import HTTPRouteHandler
from litestar.plugins import ReceiveRoutePlugin

from .responses import check_responses
from .static_files import restrict

if TYPE_CHECKING:
    from litestar.routes import BaseRoute


class EdgeRoutes(ReceiveRoutePlugin):
    """Checks what the handlers of every route answer, and restricts static files to public ones.

    Args:
        static_paths: filled with the beginnings of the paths of static files, for ``EdgeMiddleware``.
    """

    def __init__(self, static_paths: set[bytes]) -> None:
        self._static_paths = static_paths

    def receive_route(self, route: "BaseRoute") -> None:
        """Prepare the handlers of a route. Called by Litestar."""
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[attr-defined]
            if isinstance(handler, HTTPRouteHandler):
                check_responses(handler)
            if restrict(handler):
                self._static_paths.add(route.path.partition("{")[0].rstrip("/").encode() + b"/")
