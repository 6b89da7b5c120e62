"""What is kept, and for how long."""

from typing import Any

from glueful_webhooks import ReceivedWebhook, Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage, is_new


async def rows() -> tuple[int, int, int]:
    counted = [await model.query().count() for model in (WebhookMessage, WebhookDelivery, WebhookAttempt)]
    return counted[0], counted[1], counted[2]


async def test_delivered_goes_first_and_failed_later(webhooks: Any, receiver: Any, clock: Any) -> None:
    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [200, 500]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    await Webhook.dispatch("user.created", {"id": 2})
    await webhooks.worker.drain()
    await WebhookDelivery.where(status="retrying").update(status="failed", next_attempt_at=None)

    clock.advance(days=7)
    assert await webhooks.retention.prune() == 0
    clock.advance(seconds=1)
    await webhooks.retention.prune()
    assert await WebhookDelivery.query().pluck("status") == ["failed"]
    clock.advance(days=23)
    await webhooks.retention.prune()

    assert await rows() == (0, 0, 0)


async def test_what_is_still_to_be_delivered_stays(webhooks: Any, receiver: Any, clock: Any) -> None:
    await Webhook.subscribe("*", receiver.url())
    receiver.answers = [500]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    await Webhook.dispatch("user.created", {"id": 2})
    clock.advance(days=365)

    assert await webhooks.retention.prune() == 0
    assert await rows() == (2, 1, 1)


async def test_a_message_stays_as_long_as_one_of_its_deliveries(
    webhooks: Any, receiver: Any, other_receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    await Webhook.subscribe("*", other_receiver.url())
    other_receiver.answers = [500]
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    clock.advance(days=40)
    await webhooks.retention.prune()

    other_receiver.answers = [200]
    await webhooks.worker.drain()

    assert len(other_receiver.requests) == 2


async def test_more_than_a_batch_is_removed(webhooks: Any, clock: Any) -> None:
    from glueful_webhooks import retention

    rows = [{"source": "x", "replay_key": str(n), "forget_at": clock()} for n in range(retention.BATCH + 10)]
    await ReceivedWebhook.insert_many(rows)

    assert await webhooks.retention.prune() == retention.BATCH + 10


async def test_an_id_is_forgotten_when_its_time_has_come(webhooks: Any, clock: Any) -> None:
    from datetime import timedelta

    assert await is_new("bank", "msg_1", clock() + timedelta(days=7))
    assert not await is_new("bank", "msg_1", clock() + timedelta(days=7))
    clock.advance(days=7)
    await webhooks.retention.prune()

    assert await is_new("bank", "msg_1", clock() + timedelta(days=7))
