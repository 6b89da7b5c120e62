"""Bodies that are too large: refused before they are read, also where nobody would read them.

Litestar checks the length of a body when a handler reads it. What is refused here never reaches a handler: one that
reads no body would otherwise do its work, and a path without a route would take any number of bytes.
"""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, NamedTuple

from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Empty, Receive

from .errors import BodyTooLarge, EdgeRefused
from .routing import find_handler
from .rules import UNKNOWN_LENGTH, content_codings

MOST_DIGITS = 19


class _Plan(NamedTuple):
    """What is done about bodies for one route handler."""

    limit: int
    """Greatest length in bytes."""
    most_kept: int = 0
    """How many bytes are read before the handler is called, if the length is not declared; 0: the reader counts."""
    is_counted: bool = False
    """Whether the bytes are counted here while an ASGI application reads them."""


def limited(app: ASGIApp) -> Callable[..., Awaitable[None]]:
    """``app`` for requests with a body; takes the declared length as a fourth argument, see ``declared_length``."""
    plans: dict[Any, _Plan | None] = {}

    def serve(scope: Any, receive: Receive, send: Any, length: bytes) -> Awaitable[None]:
        handler = find_handler(scope, scope["method"])
        if handler not in plans:
            plans[handler] = _plan(handler, scope["litestar_app"])
        plan = plans[handler]
        if plan is None:
            return app(scope, receive, send)
        if length == UNKNOWN_LENGTH:
            return _serve_unknown(app, plan, scope, receive, send, is_kept=handler is not None)
        if len(length) > MOST_DIGITS or int(length) > plan.limit:
            raise BodyTooLarge(scope)
        return app(scope, receive, send)

    return serve


def refuse_codings(scope: Any) -> None:
    """Refuse a body that its route does not decode: to read compressed bytes as they are is to misread them.

    Args:
        scope: of a request with a body.

    Raises:
        EdgeRefused: a coding is not in the route's ``opt["content_codings"]``.
    """
    handler = find_handler(scope, scope["method"])
    codings = content_codings(scope)
    if handler is None or not codings:
        return
    known = [str(coding) for coding in handler.opt.get("content_codings", ())]
    if any(coding.decode("latin-1") not in known for coding in codings):
        headers = {"Accept-Encoding": ", ".join(known) or "identity"}
        raise EdgeRefused(415, "body.content_encoding", "The coding of the content is not taken here.", headers)


async def _serve_unknown(app: ASGIApp, plan: _Plan, scope: Any, receive: Receive, send: Any, *, is_kept: bool) -> None:
    if plan.most_kept:
        receive = await _read_ahead(plan, scope, receive, is_kept=is_kept)
    elif plan.is_counted:
        receive = _counting(plan.limit, scope, receive)

    async def closing(message: Any) -> None:
        """What is too large was not read to its end: the next request cannot be found."""
        if message["type"] == "http.response.start" and message["status"] == 413:
            message["headers"] = [*message["headers"], *BodyTooLarge.fields(scope)]
        await send(message)

    await app(scope, receive, closing)


async def _read_ahead(plan: _Plan, scope: Any, receive: Receive, *, is_kept: bool) -> Receive:
    """Read until the size is known to be allowed; what was read is received again by whoever asks.

    Raises:
        BodyTooLarge: it is not.
        EdgeRefused: the client went away in the middle of its request.
    """
    kept, size, has_more = BytesIO(), 0, True
    while has_more and size <= plan.most_kept:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise EdgeRefused(400, "request.incomplete", "The request ended before its body did.")
        part, has_more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > plan.limit:
            raise BodyTooLarge(scope)
        if is_kept:
            kept.write(part)
    first: list[Any] = [{"type": "http.request", "body": kept.getvalue(), "more_body": has_more}]

    async def again() -> Any:
        return first.pop() if first else await receive()

    return again


def _counting(limit: int, scope: Any, receive: Receive) -> Receive:
    size = 0

    async def counted() -> Any:
        nonlocal size
        message: Any = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise BodyTooLarge(scope)
        return message

    return counted


def _plan(handler: Any, app: Any) -> _Plan | None:
    """What is done for a handler, or for requests that reach none; None where a layer allows any length."""
    layers = [app] if handler is None else [*reversed(handler.ownership_layers)]
    limits = [getattr(layer, "request_max_body_size", Empty) for layer in layers]
    limit = next((limit for limit in limits if limit is not Empty), None)
    if not isinstance(limit, int):
        return None
    general = limits[-1] if isinstance(limits[-1], int) else limit
    most_kept = max(1, min(limit, general))
    if handler is None:
        return _Plan(limit, most_kept)
    if not isinstance(handler, HTTPRouteHandler):
        return _Plan(limit, is_counted=True)
    taken = _taken(handler)
    has_own_limit = any(limit is not Empty for limit in limits[:-1])
    is_read = bool({"data", "body"} & taken) or ("request" in taken and has_own_limit)
    return _Plan(limit) if is_read else _Plan(limit, most_kept)


def _taken(handler: HTTPRouteHandler) -> set[str]:
    """The names that a handler takes, itself and by its dependencies."""
    dependencies = handler.resolve_dependencies()
    taken: set[str] = set()
    waiting = list(handler.parsed_fn_signature.parameters)
    while waiting:
        name = waiting.pop()
        if name not in taken:
            taken.add(name)
            if name in dependencies:
                waiting.extend(dependencies[name].parsed_fn_signature.parameters)
    return taken
