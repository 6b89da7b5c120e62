"""The order of middlewares, and what wraps the whole application.

Litestar runs ``middleware=`` after routing, so a request that matches no route passes none of it. The outer stages
therefore wrap the application itself.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from glueful_hookspecs import Stage, Staged, current_scope
from litestar import Litestar
from litestar.connection import Request
from litestar.exceptions import HTTPException, LitestarException, WebSocketException
from litestar.exceptions.responses import create_exception_response
from litestar.types import ASGIApp, Message, Receive, Send
from litestar.utils.scope.state import ScopeState

from .dispatch import Dispatcher

OUTER = (Stage.TRACE, Stage.EDGE, Stage.LIMIT, Stage.IDENTIFY)


def in_stages(staged: Iterable[Staged]) -> list[Staged]:
    """By stage, outermost first; within a stage as given, that is in the dependency order of plugins."""
    return sorted(staged, key=lambda item: item.stage)


def wrap(app: Litestar, staged: Iterable[Staged], hooks: Dispatcher) -> ASGIApp:
    """What serves instead of ``app.asgi_handler``: outer stages and, where there are any, request observers."""
    handler: ASGIApp = app.asgi_handler
    for item in reversed([item for item in in_stages(staged) if item.stage in OUTER]):
        handler = item.middleware(handler)

    async def entry(scope: Any, receive: Receive, send: Send) -> None:
        current_scope.set(scope)
        try:
            await handler(scope, receive, send)
        except Exception as error:
            if scope["type"] == "websocket":
                await _close(error, send)
            elif scope["type"] != "http":
                raise
            elif not ScopeState.from_scope(scope).response_started:
                await answer(app, error, scope, receive, send)
            elif (unsent := _unsent(error)) is not None:
                await answer(app, unsent, scope, receive, send)
            else:
                raise

    observed = [hooks.runtime(f"glueful_request_{name}") for name in ("started", "finished", "failed")]
    return _observe(entry, *observed) if any(observed) else entry


async def answer(app: Litestar, error: Exception, scope: Any, receive: Receive, send: Send) -> None:
    """Answer with the exception handler that Litestar would choose: by status, then by class.

    An error with ``is_unsent = True`` is answered although Litestar takes its response for begun.
    """
    handlers: Any = app.exception_handlers
    handler = handlers.get(error.status_code) if isinstance(error, HTTPException) else None
    handler = handler or next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    handler = handler or (None if isinstance(error, HTTPException) else handlers.get(500))
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    response = handler(request, error) if handler else create_exception_response(request, error)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def _unsent(error: BaseException) -> Exception | None:
    """What stopped a response before its first byte: Litestar wraps it once for each of its layers."""
    cause: BaseException | None = error
    while isinstance(cause, LitestarException) and not getattr(cause, "is_unsent", False):
        cause = cause.__cause__
    return cause if isinstance(cause, Exception) and getattr(cause, "is_unsent", False) else None


async def _close(error: Exception, send: Send) -> None:
    """Close a WebSocket as Litestar does for an error of a route: 4000 and the status, or the error's own code."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = error.code if isinstance(error, WebSocketException) else 4_000 + status
    reason = error.detail if isinstance(error, LitestarException) else "Internal Server Error"
    await send({"type": "websocket.close", "code": code, "reason": reason})


def _observe(next_app: ASGIApp, started: Any, finished: Any, failed: Any) -> ASGIApp:
    async def observing(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await next_app(scope, receive, send)
            return
        begin, status, is_complete = perf_counter(), 0, False

        async def noticing(message: Message) -> None:
            nonlocal status, is_complete
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                is_complete = not message.get("more_body", False)

        try:
            if started:
                await started(scope=scope)
            await next_app(scope, receive, noticing)
        except BaseException as error:
            await failed(scope=scope, error=error, duration_seconds=perf_counter() - begin)
            raise
        if is_complete:
            await finished(scope=scope, status=status, duration_seconds=perf_counter() - begin)
        else:
            broken = ConnectionError("the response was not sent completely")
            await failed(scope=scope, error=broken, duration_seconds=perf_counter() - begin)

    return observing
