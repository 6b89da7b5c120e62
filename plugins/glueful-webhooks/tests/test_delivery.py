"""From dispatch to the receiver: what is sent, when it is sent again, and what is kept of it."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from glueful_hookspecs import Plugin, Secret, hookimpl
from glueful_webhooks import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookVerifier,
)

KEY = Secret("k" * 32)


async def the_delivery() -> Any:
    return await WebhookDelivery.query().first_or_fail()


async def test_a_dispatched_event_arrives_signed(webhooks: Any, receiver: Any) -> None:
    endpoint, key = await Webhook.subscribe("user.created", receiver.url())

    message_id = await Webhook.dispatch("user.created", {"id": 7, "name": "Ada"})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert request.path == "/hook"
    assert request.headers["webhook-id"] == message_id
    assert request.headers["content-type"] == "application/json"
    assert request.json["type"] == "user.created"
    assert request.json["data"] == {"id": 7, "name": "Ada", "country": ""}
    standardwebhooks.Webhook(key.text).verify(request.body, request.headers)
    svix.webhooks.Webhook(key.text).verify(request.body, request.headers)
    assert WebhookVerifier([key.text]).verify(request.headers, request.body).id == message_id
    delivery = await the_delivery()
    assert (delivery.endpoint_id, delivery.status, delivery.attempts) == (endpoint.id, "delivered", 1)


async def test_both_kinds_of_headers_can_be_sent(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, receiver: Any
) -> None:
    from glueful_webhooks import TimestampedHeader

    schemes = ("standard", "timestamped")
    webhooks = await serve(application(sqlite_url, schemes=schemes, signature_header="X-Acme-Signature"))
    _, key = await Webhook.subscribe("*", receiver.url())

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert WebhookVerifier([key.text]).verify(request.headers, request.body)
    scheme = TimestampedHeader("X-Acme-Signature")
    assert WebhookVerifier([key.text], scheme=scheme).verify(request.headers, request.body)


async def test_failures_are_retried_by_the_schedule_with_the_same_bytes(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    receiver.answers = [500]

    begin, due = clock(), []
    for _ in range(10):
        await webhooks.worker.drain()
        delivery = await the_delivery()
        if delivery.next_attempt_at is None:
            break
        due.append(round((delivery.next_attempt_at - clock()).total_seconds()))
        clock.now = delivery.next_attempt_at - timedelta(seconds=1)
        assert await webhooks.worker.drain() == 0
        clock.advance(seconds=1)

    assert due == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert round((clock() - begin).total_seconds()) == sum(due)
    assert (delivery.status, delivery.attempts) == ("failed", 10)
    assert len(receiver.requests) == 10
    assert len({(request.body, request.headers["webhook-id"]) for request in receiver.requests}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.requests}) == 10


async def test_every_attempt_is_kept_with_what_came_back(webhooks: Any, receiver: Any, clock: Any) -> None:
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    receiver.answers = [(503, "", b"busy"), (204, "", b"")]

    await webhooks.worker.drain()
    assert (await the_delivery()).status == "retrying"
    clock.advance(minutes=2)
    await webhooks.worker.drain()

    attempts: list[Any] = await WebhookAttempt.query().order_by("number")
    first, second = attempts
    assert (first.number, first.status_code, first.failure) == (1, 503, "status")
    assert bytes(first.response_body) == b"busy"
    assert (second.number, second.status_code, second.failure) == (2, 204, None)
    delivery = await the_delivery()
    assert (delivery.status, delivery.delivered_at, delivery.next_attempt_at) == ("delivered", clock(), None)


async def test_a_long_answer_is_kept_in_part(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, receiver: Any
) -> None:
    webhooks = await serve(application(sqlite_url, max_response_bytes=100))
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    receiver.answers = [(200, "", b"x" * 500)]

    await webhooks.worker.drain()

    (attempt,) = await WebhookAttempt.all()
    assert len(attempt.response_body) == 100


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 400, 404, 500])
async def test_only_a_2xx_is_a_success_and_redirects_are_not_followed(
    status: int, sqlite_webhooks: Any, receiver: Any, other_receiver: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    receiver.answers = [(status, f"Location: {other_receiver.url()}\r\n", b"")]

    await sqlite_webhooks.worker.drain()

    delivery = await the_delivery()
    assert (delivery.status, delivery.last_status_code, delivery.last_failure) == ("retrying", status, "status")
    assert other_receiver.requests == []


async def test_a_retry_after_is_honoured_and_spares_the_whole_endpoint(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [(429, "Retry-After: 30\r\n", b""), 200]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    await Webhook.dispatch("user.created", {"id": 2})

    clock.advance(seconds=29)
    assert await webhooks.worker.drain() == 0
    clock.advance(seconds=1)
    assert await webhooks.worker.drain() == 2
    assert set(await WebhookDelivery.query().pluck("status")) == {"delivered"}


async def test_410_disables_the_endpoint_at_once(webhooks: Any, receiver: Any, clock: Any) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    receiver.answers = [410]
    for number in range(3):
        await Webhook.dispatch("user.created", {"id": number})
    await webhooks.worker.drain()
    await Webhook.dispatch("user.created", {"id": 4})
    clock.advance(days=1)

    assert await webhooks.worker.drain() == 0
    found = await WebhookEndpoint.find_or_fail(endpoint.id)
    assert (found.is_enabled, found.disabled_reason) == (False, "gone")
    assert set(await WebhookDelivery.query().pluck("status")) == {"disabled"}
    assert len(receiver.requests) <= 3


async def test_an_endpoint_without_success_for_days_is_disabled(webhooks: Any, receiver: Any, clock: Any) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    receiver.answers = [500]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    clock.advance(days=4, hours=23)
    await webhooks.worker.drain()
    assert (await WebhookEndpoint.find_or_fail(endpoint.id)).is_enabled
    clock.advance(hours=1)
    await webhooks.worker.drain()

    found = await WebhookEndpoint.find_or_fail(endpoint.id)
    assert (found.is_enabled, found.disabled_reason) == (False, "failing")


async def test_a_success_between_failures_keeps_an_endpoint(webhooks: Any, receiver: Any, clock: Any) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    receiver.answers = [500]
    for number in range(12):
        await Webhook.dispatch("user.created", {"id": number})
        receiver.answers = [500] if number % 3 else [200]
        await webhooks.worker.drain()
        clock.advance(days=1)

    assert (await WebhookEndpoint.find_or_fail(endpoint.id)).is_enabled


async def test_no_answer_is_a_failure_with_a_name(webhooks: Any, receiver: Any, clock: Any) -> None:
    async def hang() -> int:
        await asyncio.sleep(3_600)
        return 200

    async def reset() -> int:
        raise ConnectionError

    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [reset, hang]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    clock.advance(seconds=5)
    await webhooks.worker.drain()

    attempts: list[Any] = await WebhookAttempt.query().order_by("number")
    assert [(attempt.status_code, attempt.failure) for attempt in attempts] == [(None, "broken"), (None, "timeout")]


async def test_an_address_that_became_private_is_refused_at_delivery(webhooks: Any, receiver: Any, clock: Any) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    await WebhookEndpoint.where(id=endpoint.id).update(url="http://169.254.169.254/latest/meta-data")
    await Webhook.dispatch("user.created", {"id": 1})

    await webhooks.worker.drain()

    attempts: list[Any] = await WebhookAttempt.all()
    (attempt,) = attempts
    assert (attempt.failure, attempt.status_code) == ("refused", None)


async def test_deliveries_with_a_key_arrive_in_order_and_wait_for_each_other(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [500, 200]
    for number in range(4):
        await Webhook.dispatch("user.created", {"id": number}, ordering_key="user-1")

    await webhooks.worker.drain()
    await Webhook.dispatch("user.created", {"id": 99}, ordering_key="user-2")
    await webhooks.worker.drain()
    assert [request.json["data"]["id"] for request in receiver.requests] == [0, 99]
    clock.advance(seconds=5)
    await webhooks.worker.drain()

    keyed = [request.json["data"]["id"] for request in receiver.requests if request.json["data"]["id"] != 99]
    assert keyed == [0, 0, 1, 2, 3]


async def test_a_limited_endpoint_gets_no_more_than_its_rate(webhooks: Any, receiver: Any, clock: Any) -> None:
    await Webhook.subscribe("*", receiver.url(), rate_per_minute=60)
    for number in range(10):
        await Webhook.dispatch("user.created", {"id": number})

    seen = []
    for _ in range(10):
        await webhooks.worker.drain()
        seen.append(len(receiver.requests))
        clock.advance(seconds=1)

    assert seen == list(range(1, 11))


async def test_a_delivery_can_be_attempted_by_its_id_and_by_one_caller_only(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    from glueful_webhooks.relay import Relay

    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    await Relay(clock).relay()
    (delivery_id,) = await WebhookDelivery.query().pluck("id")

    outcomes = await asyncio.gather(*(Webhook.deliver(delivery_id) for _ in range(5)))

    assert [outcome.status for outcome in outcomes if outcome is not None] == ["delivered"]
    assert len(receiver.requests) == 1
    assert await Webhook.deliver(delivery_id) is None
    assert await Webhook.deliver("dlv_unknown") is None


async def test_two_workers_send_nothing_twice(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any], receiver: Any
) -> None:
    from glueful_webhooks import Webhooks

    first: Webhooks = await serve(application(database_url))
    await first.subscribe("*", receiver.url())
    for number in range(200):
        await first.dispatch("user.created", {"id": number})
    second: Webhooks = Webhooks(first.settings, first.deliverer._client, [KEY], clock=first.clock)

    await asyncio.gather(first.worker.drain(), second.worker.drain())

    while await WebhookDelivery.where(status="pending").exists():
        await first.worker.drain()
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert (len(ids), len(set(ids))) == (200, 200)


async def test_a_lease_that_ended_makes_a_delivery_due_and_the_late_outcome_void(
    webhooks: Any, receiver: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answers: asyncio.Queue[int] = asyncio.Queue()
    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [answers.get]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.step()
    await receiver.until(1)

    clock.advance(seconds=59)
    assert await webhooks.deliver((await the_delivery()).id) is None
    clock.advance(seconds=1)
    again = asyncio.create_task(webhooks.deliver((await the_delivery()).id))
    await receiver.until(2)
    answers.put_nowait(500)
    await webhooks.worker.drain()

    assert "was attempted by another process after its lease ended" in caplog.text
    answers.put_nowait(200)
    outcome = await again
    assert outcome.status == "delivered"
    assert (await the_delivery()).attempts == 1


async def test_a_stop_gives_back_what_did_not_end_in_time(webhooks: Any, receiver: Any) -> None:
    async def hang() -> int:
        await asyncio.sleep(3_600)
        return 200

    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [hang]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.step()
    await receiver.until(1)

    await webhooks.worker.stop(0.01)

    delivery = await the_delivery()
    assert (delivery.lease, delivery.status, delivery.attempts) == (None, "pending", 0)


async def test_outcomes_are_told_to_other_plugins(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, receiver: Any
) -> None:
    seen: list[tuple[Any, ...]] = []

    class Watching(Plugin):
        @hookimpl
        def glueful_webhook_delivered(self, outcome: Any) -> None:
            seen.append(("delivered", outcome.event, outcome.attempt))

        @hookimpl
        async def glueful_webhook_failed(self, outcome: Any) -> None:
            seen.append(("failed", outcome.event, outcome.status_code))

        @hookimpl
        def glueful_webhook_disabled(self, endpoint_id: str, owner: str, reason: str) -> None:
            seen.append(("disabled", owner, reason))

    webhooks = await serve(application(sqlite_url, plugins=[Watching()]))
    await Webhook.subscribe("*", receiver.url(), owner="acme")
    receiver.answers = [200, 410]
    for number in range(2):
        await Webhook.dispatch("user.created", {"id": number})
        await webhooks.worker.drain()

    assert seen == [("delivered", "user.created", 1), ("failed", "user.created", 410), ("disabled", "acme", "gone")]


async def test_nothing_secret_is_logged(webhooks: Any, receiver: Any, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    caplog.set_level(logging.DEBUG)
    _, key = await Webhook.subscribe("*", receiver.url(), headers={"Authorization": "Bearer hidden"})
    receiver.answers = [500]
    await Webhook.dispatch("user.created", {"id": 1, "name": "personal"})
    await webhooks.worker.drain()

    text = caplog.text + json.dumps([str(record.args) for record in caplog.records])
    for secret in (key.text, key.text.removeprefix("whsec_"), "hidden", "personal", "k" * 32):
        assert secret not in text


async def test_a_secret_that_cannot_be_opened_fails_the_delivery_and_not_the_worker(
    webhooks: Any, receiver: Any, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    await WebhookEndpoint.where(id=endpoint.id).update(sealed_keys="x.AAAA")
    await Webhook.dispatch("user.created", {"id": 1})

    await webhooks.worker.drain()

    assert (await the_delivery()).last_failure == "sealed"
    assert "put the key that encrypted it back" in caplog.text
    assert receiver.requests == []


async def test_an_application_delivers_by_itself(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any], receiver: Any
) -> None:
    await serve(application(database_url, run_worker=True, poll_seconds=30))
    await Webhook.subscribe("*", receiver.url())

    await Webhook.dispatch("user.created", {"id": 1})

    await receiver.until(1)


async def test_an_application_without_endpoints_asks_the_database_for_nothing(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any]
) -> None:
    from glueful_orm.testing import recorded_queries

    webhooks = await serve(application(database_url, run_worker=True, poll_seconds=0.001))
    with recorded_queries() as statements:
        for _ in range(20):
            await asyncio.sleep(0.001)

    assert statements == []
    assert webhooks.worker is not None
