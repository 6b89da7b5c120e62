"""Webhooks for Glueful: signed, never lost, retried; and a kit for receiving them."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .errors import KeyUnfit, SignatureInvalid
    from .inbound import WebhookVerifier, verify
    from .keys import new_key_pair, new_secret, signing_key, verifying_key
    from .schemes import SignatureScheme, SignedMessage, StandardWebhooks, TimestampedHeader

__all__ = [
    "KeyUnfit",
    "SignatureInvalid",
    "SignatureScheme",
    "SignedMessage",
    "StandardWebhooks",
    "TimestampedHeader",
    "WebhookVerifier",
    "new_key_pair",
    "new_secret",
    "signing_key",
    "verify",
    "verifying_key",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "KeyUnfit": ".errors",
        "SignatureInvalid": ".errors",
        "SignatureScheme": ".schemes",
        "SignedMessage": ".schemes",
        "StandardWebhooks": ".schemes",
        "TimestampedHeader": ".schemes",
        "WebhookVerifier": ".inbound",
        "new_key_pair": ".keys",
        "new_secret": ".keys",
        "signing_key": ".keys",
        "verify": ".inbound",
        "verifying_key": ".keys",
    },
)
