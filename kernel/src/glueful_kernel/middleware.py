"""The order of middlewares, and what wraps the whole application.

Litestar runs ``middleware=`` after routing, so a request that matches no route passes none of it. The outer stages
therefore wrap the application itself.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from glueful_hookspecs import Stage, Staged, current_application, current_scope
from litestar import Litestar
from litestar.connection import Request
from litestar.exceptions import HTTPException
from litestar.exceptions.responses import create_exception_response
from litestar.types import ASGIApp, Message, Receive, Send
from litestar.utils.scope.state import ScopeState

from .dispatch import Dispatcher

OUTER = (Stage.TRACE, Stage.EDGE, Stage.LIMIT)


def in_stages(staged: Iterable[Staged]) -> list[Staged]:
    """By stage, outermost first; within a stage as given, that is in the dependency order of plugins."""
    return sorted(staged, key=lambda item: item.stage)


def wrap(app: Litestar, staged: Iterable[Staged], hooks: Dispatcher) -> ASGIApp:
    """What serves instead of ``app.asgi_handler``: outer stages and, where there are any, request observers."""
    outer = [item for item in in_stages(staged) if item.stage in OUTER]
    handler: ASGIApp = app.asgi_handler
    for item in reversed(outer):
        handler = item.middleware(handler)
    if outer:
        handler = _answer_errors(handler, app)
    observed = [hooks.runtime(f"glueful_request_{name}") for name in ("started", "finished", "failed")]
    return _in_context(_observe(handler, *observed) if any(observed) else handler, app)


def _in_context(next_app: ASGIApp, app: Litestar) -> ASGIApp:
    async def in_context(scope: Any, receive: Receive, send: Send) -> None:
        current_application.set(app)
        current_scope.set(scope)
        try:
            await next_app(scope, receive, send)
        except Exception as error:
            # An exception handler of the application's failed: another, for what it raised, may answer.
            if scope["type"] != "http" or ScopeState.from_scope(scope).response_started:
                raise
            await answer(app, error, scope, receive, send)

    return in_context


def _answer_errors(next_app: ASGIApp, app: Litestar) -> ASGIApp:
    async def answering(scope: Any, receive: Receive, send: Send) -> None:
        is_untouched = True

        async def noticing(message: Message) -> None:
            nonlocal is_untouched
            is_untouched = False
            await send(message)

        try:
            await next_app(scope, receive, noticing)
        except Exception as error:
            if scope["type"] == "http" and is_untouched:
                await answer(app, error, scope, receive, send)
            else:
                raise

    return answering


async def answer(app: Litestar, error: Exception, scope: Any, receive: Receive, send: Send) -> None:
    """Answer with the exception handler that Litestar would choose: by status, then by class."""
    handlers: Any = app.exception_handlers
    handler = handlers.get(error.status_code) if isinstance(error, HTTPException) else None
    handler = handler or next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    handler = handler or (None if isinstance(error, HTTPException) else handlers.get(500))
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    response = handler(request, error) if handler else create_exception_response(request, error)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)


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
