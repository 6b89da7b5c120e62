"""The middleware: refuses requests, answers HEAD, and checks response headers."""

from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import LitestarException, MethodNotAllowedException, NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from .rules import UnsafeResponseHeader, check_response_headers, refusal
from .settings import EdgeSettings


class EdgeMiddleware(ASGIMiddleware):
    """Applies the rules of this package to every HTTP request, also to those that match no route.

    Args:
        limits: greatest sizes.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, limits: EdgeSettings) -> None:
        self._limits = limits

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application in one function: this runs for every request, and a layer less is measurable.

        ``ASGIMiddleware`` itself would also look for a route handler, which does not exist yet.
        """
        limits = self._limits

        async def middleware(scope: Any, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            if (refused := refusal(scope, limits)) is not None:
                raise refused
            is_head = scope["method"] == "HEAD"
            if is_head and is_get_only(scope["litestar_app"], scope["path"]):
                scope = {**scope, "method": "GET"}

            async def checked(message: Message) -> None:
                if message["type"] == "http.response.start":
                    check_response_headers(message)
                elif is_head and message["type"] == "http.response.body":
                    message["body"] = b""
                await send(message)

            try:
                await app(scope, receive, checked)
            except LitestarException as error:
                if isinstance(error.__cause__, UnsafeResponseHeader):
                    raise error.__cause__ from None
                raise

        return middleware

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request; see ``__call__``.

        Raises:
            EdgeRefused: the request breaks a rule.
            UnsafeResponseHeader: the response would.
        """
        await self(next_app)(scope, receive, send)


def is_get_only(app: Litestar, path: str) -> bool:
    """Whether a path has a GET handler and none for HEAD (RFC 9110 section 9.3.2: HEAD is answered where GET is)."""
    path = path.rstrip("/") or "/"
    try:
        app.asgi_router.handle_routing(path=path, method="HEAD")
    except MethodNotAllowedException:
        return True
    except NotFoundException:
        return False
    return False
