"""Webhooks for Glueful: signed, never lost, retried; and a kit for receiving them."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .catalogue import EventType, webhook_event
    from .errors import (
        DeliveryNotFound,
        EncryptionKeyMissing,
        EndpointIsDisabled,
        EndpointNotFound,
        EndpointRefused,
        EndpointsExhausted,
        EventDeclaredTwice,
        EventUndeclared,
        KeyUnfit,
        PatternInvalid,
        PayloadInvalid,
        SealBroken,
        SignatureInvalid,
        SubscriptionInvalid,
        WebhooksNotBound,
    )
    from .facade import Webhook
    from .inbound import WebhookVerifier, verify
    from .keys import Ed25519Key, Ed25519PublicKey, HmacKey, new_key_pair, new_secret, signing_key, verifying_key
    from .outcome import Outcome
    from .receiving import is_new, receive_webhooks
    from .retry import RetrySchedule
    from .schemes import SignatureScheme, SignedMessage, StandardWebhooks, TimestampedHeader
    from .service import Webhooks
    from .settings import WebhookSettings
    from .tables import (
        DeliveryStatus,
        ReceivedWebhook,
        WebhookAttempt,
        WebhookDelivery,
        WebhookEndpoint,
        WebhookMessage,
    )

__all__ = [
    "DeliveryNotFound",
    "DeliveryStatus",
    "Ed25519Key",
    "Ed25519PublicKey",
    "EncryptionKeyMissing",
    "EndpointIsDisabled",
    "EndpointNotFound",
    "EndpointRefused",
    "EndpointsExhausted",
    "EventDeclaredTwice",
    "EventType",
    "EventUndeclared",
    "HmacKey",
    "KeyUnfit",
    "Outcome",
    "PatternInvalid",
    "PayloadInvalid",
    "ReceivedWebhook",
    "RetrySchedule",
    "SealBroken",
    "SignatureInvalid",
    "SignatureScheme",
    "SignedMessage",
    "StandardWebhooks",
    "SubscriptionInvalid",
    "TimestampedHeader",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookSettings",
    "WebhookVerifier",
    "Webhooks",
    "WebhooksNotBound",
    "is_new",
    "new_key_pair",
    "new_secret",
    "receive_webhooks",
    "signing_key",
    "verify",
    "verifying_key",
    "webhook_event",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "DeliveryNotFound": ".errors",
        "DeliveryStatus": ".tables",
        "Ed25519Key": ".keys",
        "Ed25519PublicKey": ".keys",
        "EncryptionKeyMissing": ".errors",
        "EndpointIsDisabled": ".errors",
        "EndpointNotFound": ".errors",
        "EndpointRefused": ".errors",
        "EndpointsExhausted": ".errors",
        "EventDeclaredTwice": ".errors",
        "EventType": ".catalogue",
        "EventUndeclared": ".errors",
        "HmacKey": ".keys",
        "KeyUnfit": ".errors",
        "Outcome": ".outcome",
        "PatternInvalid": ".errors",
        "PayloadInvalid": ".errors",
        "ReceivedWebhook": ".tables",
        "RetrySchedule": ".retry",
        "SealBroken": ".errors",
        "SignatureInvalid": ".errors",
        "SignatureScheme": ".schemes",
        "SignedMessage": ".schemes",
        "StandardWebhooks": ".schemes",
        "SubscriptionInvalid": ".errors",
        "TimestampedHeader": ".schemes",
        "Webhook": ".facade",
        "WebhookAttempt": ".tables",
        "WebhookDelivery": ".tables",
        "WebhookEndpoint": ".tables",
        "WebhookMessage": ".tables",
        "WebhookSettings": ".settings",
        "WebhookVerifier": ".inbound",
        "Webhooks": ".service",
        "WebhooksNotBound": ".errors",
        "is_new": ".receiving",
        "new_key_pair": ".keys",
        "new_secret": ".keys",
        "receive_webhooks": ".receiving",
        "signing_key": ".keys",
        "verify": ".inbound",
        "verifying_key": ".keys",
        "webhook_event": ".catalogue",
    },
)
