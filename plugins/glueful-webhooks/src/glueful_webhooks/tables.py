"""The tables. Times are UTC; secrets and custom headers are stored encrypted."""

from enum import StrEnum

from glueful_orm import Model
from piccolo.columns import JSON, BigInt, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique

ID_LENGTH = 40


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """Not tried yet."""
    RETRYING = "retrying"
    """Tried in vain; there will be another attempt."""
    DELIVERED = "delivered"
    """Acknowledged by a 2xx."""
    FAILED = "failed"
    """Every attempt of the schedule was in vain."""
    DISABLED = "disabled"
    """Not sent, since its endpoint is disabled."""


OPEN = (DeliveryStatus.PENDING.value, DeliveryStatus.RETRYING.value)
"""Statuses of deliveries that are still to be attempted."""


class WebhookEndpoint(Model):
    """Where events go."""

    id = Varchar(length=ID_LENGTH, primary_key=True)
    owner = Varchar(length=255, default="", index=True)
    url = Varchar(length=2_048)
    description = Varchar(length=255, default="")
    patterns = JSON(default="[]")
    filters = JSON(default="{}")
    sealed_keys = Text()
    sealed_headers = Text(default="")
    is_enabled = Boolean(default=True)
    disabled_reason = Varchar(length=32, null=True, default=None)
    rate_per_minute = Integer(null=True, default=None)
    last_sequence = BigInt(default=0)
    failing_since = Timestamptz(null=True, default=None)
    blocked_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()

    hidden = frozenset({"sealed_keys", "sealed_headers"})


class WebhookMessage(Model):
    """An event, as the bytes that are sent; also the outbox: a row without ``relayed_at`` has no deliveries yet."""

    id = Varchar(length=ID_LENGTH, primary_key=True)
    event = Varchar(length=128, index=True)
    owner = Varchar(length=255, null=True, default=None)
    endpoint_id = Varchar(length=ID_LENGTH, null=True, default=None)
    ordering_key = Varchar(length=255, null=True, default=None)
    body = Bytea()
    created_at = Timestamptz(index=True)
    relayed_at = Timestamptz(null=True, default=None, index=True)


class WebhookDelivery(Model):
    """One message for one endpoint."""

    id = Varchar(length=ID_LENGTH, primary_key=True)
    message_id = ForeignKey(WebhookMessage, on_delete=OnDelete.cascade, index=True)
    endpoint_id = ForeignKey(WebhookEndpoint, on_delete=OnDelete.cascade)
    sequence = BigInt()
    status = Varchar(length=16, default=DeliveryStatus.PENDING.value, index=True)
    attempts = Integer(default=0)
    failures = Integer(default=0)
    ordering_key = Varchar(length=255, null=True, default=None)
    next_attempt_at = Timestamptz(null=True, default=None)
    lease = Varchar(length=ID_LENGTH, null=True, default=None)
    last_status_code = Integer(null=True, default=None)
    last_failure = Varchar(length=16, null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()

    webhook_deliveries_sequence = Unique(["endpoint_id", "sequence"])
    # The constraints below always hold; they are the indices by which due and ordered deliveries are found.
    webhook_deliveries_due = Unique(["endpoint_id", "next_attempt_at", "id"])
    webhook_deliveries_ordered = Unique(["endpoint_id", "ordering_key", "sequence"])


class WebhookAttempt(Model):
    """One request, and what came back."""

    delivery_id = ForeignKey(WebhookDelivery, on_delete=OnDelete.cascade, index=True)
    number = Integer()
    started_at = Timestamptz()
    duration_ms = Integer()
    status_code = Integer(null=True, default=None)
    failure = Varchar(length=16, null=True, default=None)
    response_body = Bytea(null=True, default=None)


class ReceivedWebhook(Model):
    """The id of a webhook that others sent, so that it is handled once."""

    source = Varchar(length=64)
    replay_key = Varchar(length=255)
    forget_at = Timestamptz(index=True)

    received_webhooks_once = Unique(["source", "replay_key"])
