"""From dispatch to the receiver: what is sent, when it is sent again, and what is kept of it."""

from typing import Any

import standardwebhooks
import svix.webhooks
from glueful_webhooks import Webhook, WebhookDelivery, WebhookVerifier


async def test_a_dispatched_event_arrives_signed(webhooks: Any, receiver: Any) -> None:
    endpoint, key = await Webhook.subscribe("user.created", receiver.url())

    message_id = await Webhook.dispatch("user.created", {"id": 7, "name": "Ada"})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert request.path == "/hook"
    assert request.headers["webhook-id"] == message_id
    assert request.json["type"] == "user.created"
    assert request.json["data"] == {"id": 7, "name": "Ada", "country": ""}
    standardwebhooks.Webhook(key.text).verify(request.body, request.headers)
    svix.webhooks.Webhook(key.text).verify(request.body, request.headers)
    assert WebhookVerifier([key.text]).verify(request.headers, request.body).id == message_id
    delivery = await WebhookDelivery.query().first_or_fail()
    assert (delivery.endpoint_id, delivery.status, delivery.attempts) == (endpoint.id, "delivered", 1)
