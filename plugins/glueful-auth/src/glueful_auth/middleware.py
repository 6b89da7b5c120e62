"""The one middleware that says who is calling."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from glueful_hookspecs import Principal
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from .authenticators import Authenticator
from .errors import CredentialsAmbiguous, CredentialUnknown

_CONNECTIONS = frozenset({"http", "websocket"})


class IdentifyMiddleware(ASGIMiddleware):
    """Sets ``connection.user`` to a ``Principal``, or to None for a request without a credential.

    A credential that no authenticator understands, that is invalid, or that comes beside another one is a refusal, also
    on routes that need none: a caller who meant to be somebody is never served as nobody.

    Args:
        authenticators: gives them; called once, when the first request arrives.
        scheme: what a refused caller is told to use.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, authenticators: Callable[[], Sequence[Authenticator]], scheme: str) -> None:
        self._find = authenticators
        self._scheme = scheme
        self._authenticators: Sequence[Authenticator] | None = None
        self._headers: frozenset[bytes] = frozenset()

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application in a plain function: nothing excludes a route, and most requests carry no credential."""

        def middleware(scope: Any, receive: Receive, send: Send) -> Awaitable[None]:
            if scope["type"] not in _CONNECTIONS:
                return app(scope, receive, send)
            scope["user"] = scope["auth"] = None
            if self._headers.isdisjoint(dict(scope["headers"])) and self._authenticators is not None:
                return app(scope, receive, send)
            return self.handle(scope, receive, send, app)

        return cast("ASGIApp", middleware)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Identify the caller, and mark what only the caller may see."""
        if self._authenticators is None:
            self._authenticators = self._find()
            self._headers = frozenset({b"authorization"}).union(*(found.headers for found in self._authenticators))
        principal = await self._identify(scope, self._authenticators)
        scope["user"] = principal
        await next_app(scope, receive, send if principal is None else _private(send))

    async def _identify(self, scope: Any, authenticators: Sequence[Authenticator]) -> Principal | None:
        sent = [name for name, _ in scope["headers"]].count(b"authorization")
        if sent > 1:
            raise CredentialsAmbiguous
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        found = [p for a in authenticators if (p := await a.authenticate(connection)) is not None]
        if len(found) > 1:
            raise CredentialsAmbiguous
        if sent and not found:
            raise CredentialUnknown(self._scheme)
        return found[0] if found else None


def _private(send: Send) -> Send:
    """Keep what one caller may see out of shared caches (RFC 9111 section 3.5)."""

    async def marking(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers.extend_header_value("vary", "Authorization")
            headers.setdefault("cache-control", "private, no-store")
        await send(message)

    return marking
