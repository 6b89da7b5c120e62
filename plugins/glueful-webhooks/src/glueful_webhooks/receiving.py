"""A route for webhooks that others send: verified, handled once, answered quickly."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from glueful_orm import UniqueViolation, transaction
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_204_NO_CONTENT

from .inbound import WebhookVerifier
from .schemes import SignedMessage
from .tables import ReceivedWebhook

Handler = Callable[[SignedMessage], Awaitable[object]]


def receive_webhooks(
    path: str,
    verifier: WebhookVerifier,
    handle: Handler,
    *,
    source: str,
    remember_days: float = 7,
    max_body_bytes: int = 1_000_000,
) -> HTTPRouteHandler:
    """Make a route that takes webhooks: 204 for each that is signed, 401 for others.

    The handler and the note that the message was here are one transaction: a message whose handler failed is handled
    when it comes again, and one that was handled is acknowledged and not handled a second time. Leave long work to a
    job; senders wait a few seconds only.

    Args:
        path: of the route.
        verifier: knows the keys.
        handle: called with each new message, inside the transaction.
        source: name of the sender; ids of different senders may be equal.
        remember_days: how long ids are kept; longer than the sender retries, and than the verifier's tolerance.
        max_body_bytes: larger bodies are refused with 413.
    """
    kept = max(timedelta(days=remember_days), timedelta(seconds=2 * verifier.tolerance_seconds))

    @post(path, status_code=HTTP_204_NO_CONTENT, request_max_body_size=max_body_bytes, tags=["Webhooks"])
    async def receive(request: Request[Any, Any, Any]) -> None:
        message = verifier.verify(request.headers, await request.body())
        async with transaction():
            if await is_new(source, message.replay_key, verifier.now() + kept):
                await handle(message)

    return receive


async def is_new(source: str, replay_key: str, forget_at: datetime) -> bool:
    """Note that a message was here, in the current transaction; False if it was here before.

    A message that another transaction is handling is waited for.

    Args:
        source: name of the sender.
        replay_key: of the verified message.
        forget_at: when the note may be removed.
    """
    try:
        async with transaction():
            await ReceivedWebhook.insert_many(
                [{"source": source, "replay_key": replay_key, "forget_at": forget_at.astimezone(UTC)}]
            )
    except UniqueViolation:
        return False
    return True
