"""Disabling an endpoint, and telling its owner."""

from datetime import datetime

from .catalogue import encode_payload
from .events import EndpointDisabledEvent
from .ids import new_id
from .tables import OPEN, DeliveryStatus, WebhookDelivery, WebhookEndpoint, WebhookMessage


async def disable(endpoint: WebhookEndpoint, reason: str, now: datetime) -> bool:
    """Call an endpoint no more, let what is not delivered yet wait, and tell its owner's other endpoints.

    Inside a transaction.

    Returns:
        False if it was disabled already.
    """
    changed = await WebhookEndpoint.where(id=endpoint.id, is_enabled=True).update(
        is_enabled=False, disabled_reason=reason, updated_at=now
    )
    await WebhookDelivery.where(endpoint_id=endpoint.id, status__in=OPEN).update(
        status=DeliveryStatus.DISABLED.value, next_attempt_at=None, lease=None
    )
    if changed:
        payload = EndpointDisabledEvent(endpoint_id=endpoint.id, url=endpoint.url, reason=reason)
        await WebhookMessage.insert_many(
            [
                {
                    "id": new_id("msg"),
                    "event": "webhook.endpoint_disabled",
                    "owner": endpoint.owner,
                    "body": encode_payload("webhook.endpoint_disabled", payload, now),
                    "created_at": now,
                }
            ]
        )
    return bool(changed)
