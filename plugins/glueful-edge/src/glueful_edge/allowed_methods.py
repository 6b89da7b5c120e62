"""What OPTIONS answers: all methods of a resource."""

from typing import TYPE_CHECKING, Any

from litestar.enums import MediaType
from litestar.plugins import ReceiveRoutePlugin
from litestar.response import Response
from litestar.routes import HTTPRoute
from litestar.status_codes import HTTP_204_NO_CONTENT

if TYPE_CHECKING:
    from litestar.routes import BaseRoute


class AllowedMethods(ReceiveRoutePlugin):
    """Answers OPTIONS with every method of a path (RFC 9110 section 9.3.7), HEAD where there is GET.

    Litestar makes its answer when the first handler of a path is registered, and does not look again when others
    follow. A handler of the application's own for OPTIONS stays.
    """

    def receive_route(self, route: "BaseRoute") -> None:
        """Name the methods of the route as it is now. Called by Litestar, again whenever a handler was added."""
        if not isinstance(route, HTTPRoute):
            return
        handler, _ = route.route_handler_map["OPTIONS"]
        if handler.fn.__module__ not in (HTTPRoute.__module__, __name__):
            return
        methods = {*map(str, route.methods), *({"HEAD"} if "GET" in route.methods else ())}
        allow = {"Allow": ", ".join(sorted(methods))}

        def answer(scope: Any) -> Response[None]:  # noqa: ARG001 - as Litestar calls it
            return Response(None, status_code=HTTP_204_NO_CONTENT, headers=allow, media_type=MediaType.TEXT)

        # Its signature is the same, and there is no other way in.
        handler._fn = answer  # type: ignore[assignment]  # noqa: SLF001
