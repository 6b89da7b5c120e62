"""The middleware: refuses requests, answers HEAD, and checks response headers."""

from collections.abc import Awaitable, Collection
from functools import partial
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from .bodies import limited, refuse_codings
from .routing import is_get_only
from .rules import PATH_INVALID, KnownHeaders, PlainRequests, declared_length, refusal
from .settings import EdgeSettings


class EdgeMiddleware(ASGIMiddleware):
    """Applies the rules of this package to every HTTP request, also to those that match no route.

    Args:
        limits: greatest sizes.
        static_paths: beginnings of the paths below which there are static files.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, limits: EdgeSettings, static_paths: Collection[bytes] = ()) -> None:
        self._limits = limits
        self._static_paths = static_paths
        self._plain = PlainRequests(limits)
        self._known = KnownHeaders()

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application in plain functions: they run for every request, and a coroutine less is measurable.

        ``ASGIMiddleware`` itself would also look for a route handler, which does not exist yet.
        """
        length_of, examine = self._plain.length_of, self._examine
        are_known, check = self._known.are_known, self._known.check
        app_for_bodies = limited(app)

        def middleware(scope: Any, receive: Receive, send: Any) -> Awaitable[None]:
            if scope["type"] != "http":
                return app(scope, receive, send)
            length = length_of(scope)
            if length is None:
                length = examine(scope)

            def checked(message: Any) -> Any:
                if "headers" in message and not are_known(message["headers"]):
                    check(message["headers"])
                return send(message)

            if scope["method"] == "HEAD":
                return answer_head(partial(app_for_bodies, length=length) if length else app, scope, receive, checked)
            if length:
                return app_for_bodies(scope, receive, checked, length)
            return app(scope, receive, checked)

        return cast("ASGIApp", middleware)

    def _examine(self, scope: Any) -> bytes:
        """The declared length of a request's body, after a closer look at it.

        Raises:
            EdgeRefused: the request breaks a rule.
            NotFoundException: its path is no path; there is no such static file.
        """
        if (refused := refusal(scope, self._limits)) is not None:
            if refused.code == PATH_INVALID and scope["raw_path"].startswith(tuple(self._static_paths)):
                raise NotFoundException
            raise refused
        self._plain.remember(scope)
        if length := declared_length(scope):
            refuse_codings(scope)
        return length

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

    if is_get_only(scope):
        scope = {**scope, "method": "GET"}
    await app(scope, receive, without_body)
