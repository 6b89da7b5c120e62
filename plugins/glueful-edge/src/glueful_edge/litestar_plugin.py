"""The Litestar plugin: what is done to each route when it is registered."""

from typing import TYPE_CHECKING

from litestar.handlers import HTTPRouteHandler
from litestar.plugins import ReceiveRoutePlugin

from .responses import check_responses

if TYPE_CHECKING:
    from litestar.routes import BaseRoute


class EdgeRoutes(ReceiveRoutePlugin):
    """Checks what the handlers of every route answer."""

    def receive_route(self, route: "BaseRoute") -> None:
        """Prepare the handlers of a route. Called by Litestar."""
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                check_responses(handler)
