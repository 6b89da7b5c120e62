"""The middleware: refuses requests, answers HEAD, and checks response headers."""

from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import LitestarException, MethodNotAllowedException, NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from .rules import KnownHeaders, PlainRequests, UnsafeResponseHeader, refusal
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
        """Wrap the application in one function: this runs for every request, and a layer less is measurable.

        ``ASGIMiddleware`` itself would also look for a route handler, which does not exist yet.
        """
        limits, plain, known = self._limits, self._plain, self._known
        is_plain, are_known, check = plain.include, known.are_known, known.check

        async def middleware(scope: Any, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            if not is_plain(scope):
                if (refused := refusal(scope, limits)) is not None:
                    raise refused
                plain.remember(scope)

            async def checked(message: Any) -> None:
                if "headers" in message and not are_known(message["headers"]):
                    check(message["headers"])
                await send(message)

            try:
                if scope["method"] == "HEAD":
                    await answer_head(app, scope, receive, checked)
                else:
                    await app(scope, receive, checked)
            except LitestarException as error:
                # Litestar takes the response for begun, and wraps what stopped it once for each of its layers.
                cause: BaseException | None = error
                while isinstance(cause, LitestarException):
                    cause = cause.__cause__
                if isinstance(cause, UnsafeResponseHeader):
                    raise cause from None
                raise

        return middleware

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
