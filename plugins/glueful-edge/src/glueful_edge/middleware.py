"""The middleware: refuses requests, answers HEAD, and checks response headers."""

from collections.abc import Awaitable
from typing import Any, cast

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from .rules import KnownHeaders, PlainRequests, refusal
from .settings import EdgeSettings


class EdgeMiddleware(ASGIMiddleware):
    """Applies the rules of this package to every HTTP request, also to those that match no route.

    Args:
        limits: greatest sizes.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, limits: EdgeSettings) -> None:
        self._limits = limits
        self._plain = PlainRequests(limits)
        self._known = KnownHeaders()

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application in plain functions: they run for every request, and a coroutine less is measurable.

        ``ASGIMiddleware`` itself would also look for a route handler, which does not exist yet.
        """
        limits, plain, known = self._limits, self._plain, self._known
        is_plain, are_known, check = plain.include, known.are_known, known.check

        def middleware(scope: Any, receive: Receive, send: Any) -> Awaitable[None]:
            if scope["type"] != "http":
                return app(scope, receive, send)
            if not is_plain(scope):
                if (refused := refusal(scope, limits)) is not None:
                    raise refused
                plain.remember(scope)

            def checked(message: Any) -> Any:
                if "headers" in message and not are_known(message["headers"]):
                    check(message["headers"])
                return send(message)

            if scope["method"] == "HEAD":
                return answer_head(app, scope, receive, checked)
            return app(scope, receive, checked)

        return cast("ASGIApp", middleware)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request; see ``__call__``.

        Raises:
            EdgeRefused: the request breaks a rule.
            UnsafeResponseHeader: the response would.
        """
        await self(next_app)(scope, receive, send)


async def answer_head(app: ASGIApp, scope: Any, receive: Receive, send: Send) -> None:
    """Answer HEAD as GET without the body, wherever there is GET (RFC 9110 section 9.3.2)."""

    async def without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    if is_get_only(scope["litestar_app"], scope["path"]):
        scope = {**scope, "method": "GET"}
    await app(scope, receive, without_body)


def is_get_only(app: Litestar, path: str) -> bool:
    """Whether a path has a GET handler and none for HEAD."""
    path = path.rstrip("/") or "/"
    try:
        app.asgi_router.handle_routing(path=path, method="HEAD")
    except MethodNotAllowedException:
        return True
    except NotFoundException:
        return False
    return False
