"""What is dispatched is sent if and only if its transaction commits, to those who want it, as it was declared."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from glueful_orm import transaction
from glueful_webhooks import (
    EventDeclaredTwice,
    EventUndeclared,
    PatternInvalid,
    PayloadInvalid,
    Webhook,
    WebhookDelivery,
    WebhookMessage,
    WebhooksNotBound,
    webhook_event,
)
from glueful_webhooks.catalogue import matches
from glueful_webhooks.filters import passes


async def test_a_transaction_that_rolls_back_sends_nothing(webhooks: Any, receiver: Any) -> None:
    await Webhook.subscribe("*", receiver.url())

    with pytest.raises(RuntimeError):
        async with transaction():
            await Webhook.dispatch("user.created", {"id": 1})
            raise RuntimeError
    async with transaction():
        kept = await Webhook.dispatch("user.created", {"id": 2})

    await webhooks.worker.drain()
    assert [request.headers["webhook-id"] for request in receiver.requests] == [kept]


async def test_a_dispatch_is_one_statement(webhooks: Any) -> None:
    from glueful_orm.testing import recorded_queries

    with recorded_queries() as statements:
        await Webhook.dispatch("user.created", {"id": 1})

    assert len(statements) == 1


async def test_a_payload_may_be_the_declared_struct_itself(webhooks: Any, receiver: Any, events: Any) -> None:
    await Webhook.subscribe("user.created", receiver.url())

    await Webhook.dispatch(events["user.created"](id=3, name="Ada"))
    await webhooks.worker.drain()

    assert receiver.requests[0].json["data"]["name"] == "Ada"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, "id"),
        ({"id": "7"}, "Expected `int`, got `str`"),
        ({"id": 7, "name": None}, "Expected `str`"),
        ({"id": 7, "name": "x" * 300_000}, "bytes; allowed are"),
        ([1], "Expected `object`"),
    ],
)
async def test_a_payload_that_is_not_what_was_declared_is_refused(
    payload: Any, words: str, sqlite_webhooks: Any
) -> None:
    with pytest.raises(PayloadInvalid, match=words):
        await Webhook.dispatch("user.created", payload)

    assert await WebhookMessage.query().count() == 0


async def test_a_struct_that_was_changed_into_something_else_is_refused(sqlite_webhooks: Any, events: Any) -> None:
    payload = events["user.created"](id=1)
    payload.id = "one"

    with pytest.raises(PayloadInvalid, match="Expected `int`"):
        await Webhook.dispatch(payload)


async def test_a_number_that_json_does_not_have_is_refused_and_not_lost(sqlite_webhooks: Any) -> None:
    @webhook_event("price.changed")
    class PriceChanged(msgspec.Struct):
        price: float | None

    with pytest.raises(PayloadInvalid, match="JSON cannot hold nan, which stands at /price"):
        await Webhook.dispatch(PriceChanged(price=float("nan")))


async def test_an_undeclared_event_is_refused_with_the_declared_ones(sqlite_webhooks: Any) -> None:
    class Stranger(msgspec.Struct):
        pass

    with pytest.raises(EventUndeclared, match=r"user\.created"):
        await Webhook.dispatch("user.renamed", {})
    with pytest.raises(EventUndeclared):
        await Webhook.dispatch(Stranger())


def test_two_types_for_one_event_are_refused() -> None:
    with pytest.raises(EventDeclaredTwice, match=r"conftest\.UserCreated and by .*Impostor"):

        @webhook_event("user.created")
        class Impostor(msgspec.Struct):
            pass


@pytest.mark.parametrize(
    "name", ["", "user", "User.created", "user.", ".created", "user..x", "user.*", "a." + "b" * 127]
)
def test_an_event_needs_a_proper_name(name: str) -> None:
    with pytest.raises(PatternInvalid):
        webhook_event(name)


@pytest.mark.parametrize(
    ("pattern", "event", "fits"),
    [
        ("*", "user.created", True),
        ("user.created", "user.created", True),
        ("user.*", "user.created", True),
        ("user.*", "user.address.changed", True),
        ("user.address.*", "user.created", False),
        ("user.*", "users.created", False),
        ("user.create", "user.created", False),
    ],
)
def test_patterns_fit_whole_words(pattern: str, event: str, fits: bool) -> None:
    assert matches(pattern, event) is fits


@pytest.mark.parametrize(
    ("filters", "does"),
    [
        ({"country": "DE"}, True),
        ({"country": ["FR", "DE"]}, True),
        ({"country": "FR"}, False),
        ({"address.city": "Ulm"}, True),
        ({"address.city.part": "x"}, False),
        ({"missing": None}, False),
        ({"nothing": None}, True),
        ({"count": 1}, True),
        ({"count": True}, False),
        ({"flag": 1}, False),
        ({"country": "DE", "count": 2}, False),
    ],
)
def test_filters_compare_fields_of_the_payload(filters: Any, does: bool) -> None:
    data = {"country": "DE", "address": {"city": "Ulm"}, "nothing": None, "count": 1, "flag": True}

    assert passes(filters, data) is does


async def test_each_endpoint_gets_what_it_asked_for(webhooks: Any, receiver: Any) -> None:
    await Webhook.subscribe(["user.*"], receiver.url("/users"))
    await Webhook.subscribe(["order.paid", "user.deleted"], receiver.url("/some"))
    await Webhook.subscribe("*", receiver.url("/german"), filters={"country": "DE"})
    await Webhook.subscribe("*", receiver.url("/tenant"), owner="acme")

    await Webhook.dispatch("user.created", {"id": 1, "country": "DE"})
    await Webhook.dispatch("user.created", {"id": 2, "country": "FR"})
    await Webhook.dispatch("user.deleted", {"id": 3}, owner="acme")
    await Webhook.dispatch("order.paid", {"number": "4"}, owner="")
    await webhooks.worker.drain()

    got = sorted((request.path, request.json["type"], request.json["data"].get("id")) for request in receiver.requests)
    assert got == [
        ("/german", "user.created", 1),
        ("/some", "order.paid", None),
        ("/tenant", "user.created", 1),
        ("/tenant", "user.created", 2),
        ("/tenant", "user.deleted", 3),
        ("/users", "user.created", 1),
        ("/users", "user.created", 2),
    ]


async def test_sequences_of_an_endpoint_have_no_gaps(webhooks: Any, receiver: Any) -> None:
    await Webhook.subscribe("*", receiver.url())

    for number in range(25):
        await Webhook.dispatch("user.created", {"id": number})
    await webhooks.worker.drain()

    assert sorted(await WebhookDelivery.query().pluck("sequence")) == list(range(1, 26))


async def test_several_relays_give_each_message_to_an_endpoint_once(
    webhooks: Any, receiver: Any, clock: Callable[..., Any]
) -> None:
    from glueful_webhooks.relay import Relay

    await Webhook.subscribe("*", receiver.url())
    for number in range(300):
        await Webhook.dispatch("user.created", {"id": number})

    async def relay() -> None:
        while await WebhookMessage.where(relayed_at=None).exists():
            await Relay(clock).relay(limit=20)

    await asyncio.gather(*(relay() for _ in range(4)))

    assert sorted(await WebhookDelivery.query().pluck("sequence")) == list(range(1, 301))
    assert len(set(await WebhookDelivery.query().pluck("message_id"))) == 300


async def test_without_an_application_the_error_says_so() -> None:
    with pytest.raises(WebhooksNotBound, match="outside a running application"):
        await Webhook.dispatch("user.created", {"id": 1})


async def test_an_endpoint_gets_nothing_that_was_sent_long_before_it_was_made(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    await Webhook.dispatch("user.created", {"id": 1})
    clock.advance(minutes=2)
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 2})

    await webhooks.worker.drain()

    assert [request.json["data"]["id"] for request in receiver.requests] == [2]


async def test_what_nobody_subscribes_to_leaves_the_outbox_as_well(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    await serve(application(database_url, run_worker=True))
    await Webhook.dispatch("user.created", {"id": 1})

    for _ in range(1_000):
        if not await WebhookMessage.where(relayed_at=None).exists():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the message stayed in the outbox")
