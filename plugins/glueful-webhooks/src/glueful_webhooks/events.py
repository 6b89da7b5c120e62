"""Events that webhooks themselves have."""

import msgspec

from .catalogue import webhook_event


@webhook_event("webhook.test")
class TestEvent(msgspec.Struct):
    """Sent when somebody tests an endpoint, whatever it subscribes to."""

    __test__ = False

    message: str = "It works."


@webhook_event("webhook.endpoint_disabled")
class EndpointDisabledEvent(msgspec.Struct):
    """Another endpoint of the same owner is not called any more."""

    endpoint_id: str
    url: str
    reason: str
    """``gone``: it answered 410; ``failing``: no success for days; ``manual``: somebody disabled it."""
