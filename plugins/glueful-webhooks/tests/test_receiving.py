"""Webhooks of others, over HTTP: verified, handled once, and handled again if the handler failed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from glueful_webhooks import (
    ReceivedWebhook,
    SignedMessage,
    StandardWebhooks,
    TimestampedHeader,
    WebhookVerifier,
    new_secret,
    receive_webhooks,
)

KEY = new_secret()
BODY = b'{"type":"invoice.paid"}'


class Handler:
    """Keeps what it handled; fails as often as it is told."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.failures = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self, message: SignedMessage) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("no")
        self.handled.append(message.id)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
async def client(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any], handler: Handler, clock: Any
) -> AsyncIterator[Any]:
    verifier = WebhookVerifier([KEY.text], clock=lambda: clock().timestamp())
    old = WebhookVerifier([KEY.text], clock=lambda: clock().timestamp(), scheme=TimestampedHeader())
    routes = [
        receive_webhooks("/in", verifier, handler, source="bank", max_body_bytes=1_000),
        receive_webhooks("/old", old, handler, source="shop"),
    ]
    app = application(database_url, routes=routes, only=["errors"])
    await serve(app)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def signed(clock: Any) -> Callable[..., dict[str, str]]:
    def sign(name: str, body: bytes = BODY, scheme: Any = None) -> dict[str, str]:
        message = SignedMessage(name, int(clock().timestamp()), body)
        return (scheme or StandardWebhooks()).headers(message, [KEY])

    return sign


async def test_a_signed_message_is_handled_once(client: Any, handler: Handler, signed: Any, clock: Any) -> None:
    headers = signed("msg_1")
    first = await client.post("/in", content=BODY, headers=headers)
    again = await client.post("/in", content=BODY, headers=headers)
    clock.advance(hours=70)
    retried = await client.post("/in", content=BODY, headers=signed("msg_1"))

    assert [first.status_code, again.status_code, retried.status_code] == [204, 204, 204]
    assert handler.handled == ["msg_1"]


async def test_a_message_whose_handler_failed_is_handled_when_it_comes_again(
    client: Any, handler: Handler, signed: Any
) -> None:
    handler.failures = 1

    first = await client.post("/in", content=BODY, headers=signed("msg_1"))
    again = await client.post("/in", content=BODY, headers=signed("msg_1"))

    assert (first.status_code, again.status_code, handler.handled) == (500, 204, ["msg_1"])


async def test_a_message_that_comes_twice_at_once_is_handled_once(client: Any, handler: Handler, signed: Any) -> None:
    handler.gate = asyncio.Event()
    both = [asyncio.create_task(client.post("/in", content=BODY, headers=signed("msg_1"))) for _ in range(2)]
    await asyncio.sleep(0)
    handler.gate.set()

    assert [answer.status_code for answer in await asyncio.gather(*both)] == [204, 204]
    assert handler.handled == ["msg_1"]


async def test_ids_of_different_senders_do_not_meet(client: Any, handler: Handler, signed: Any) -> None:
    await client.post("/in", content=BODY, headers=signed("msg_1"))
    await client.post("/old", content=BODY, headers=signed("msg_1", scheme=TimestampedHeader()))

    assert handler.handled == ["msg_1", "msg_1"]


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"webhook-signature": "v1,AAAA"}, BODY),
        ({"webhook-signature": "x" * 5_000}, BODY),
        ({"webhook-timestamp": "1"}, BODY),
        ({"webhook-id": "msg_2"}, BODY),
        ({}, BODY + b" "),
        ({}, b""),
        ({}, b"\xff\x00"),
    ],
)
async def test_what_is_not_signed_is_refused_and_not_remembered(
    change: dict[str, str], body: bytes, client: Any, handler: Handler, signed: Any
) -> None:
    answer = await client.post("/in", content=body, headers=signed("msg_1") | change)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "webhooks.signature_invalid"
    assert (handler.handled, await ReceivedWebhook.query().count()) == ([], 0)


async def test_a_body_that_is_too_long_is_refused(client: Any, handler: Handler, signed: Any) -> None:
    answer = await client.post("/in", content=b"x" * 2_000, headers=signed("msg_1", b"x" * 2_000))

    assert (answer.status_code, handler.handled) == (413, [])
