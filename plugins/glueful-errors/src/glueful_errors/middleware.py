"""``X-Request-ID`` on every response, where the setting ``request_id_header`` asks for it."""

from typing import Any

from glueful_hookspecs import request_id
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send


class RequestIdMiddleware(ASGIMiddleware):
    """Adds ``X-Request-ID`` to each HTTP response that has none."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request."""

        async def identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if all(name != b"x-request-id" for name, _ in headers):
                    message["headers"] = [*headers, (b"x-request-id", request_id(scope).encode())]
            await send(message)

        await next_app(scope, receive, identified)
