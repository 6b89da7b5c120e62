"""What an attempt came to."""

from datetime import datetime

import msgspec

from .tables import DeliveryStatus


class Answer(msgspec.Struct, frozen=True):
    """What came back from the receiver, if anything."""

    duration_ms: int
    status_code: int | None = None
    failure: str | None = None
    """A ``FailureKind``, ``status`` for an answer that is no 2xx, or ``sealed``; None for a success."""
    body: bytes | None = None
    retry_after: datetime | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt came to."""

    delivery_id: str
    endpoint_id: str
    owner: str
    """Whose the endpoint is."""
    message_id: str
    event: str
    attempt: int
    """From 1."""
    status: DeliveryStatus
    """Of the delivery, afterwards."""
    status_code: int | None
    failure: str | None
    """A ``FailureKind``; ``status`` for an answer that is no 2xx; ``sealed`` where the key cannot be decrypted."""
    duration_ms: int
    next_attempt_at: datetime | None
    disabled_reason: str | None = None
    """Why this attempt disabled the endpoint; None where it did not."""

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver acknowledged it."""
        return self.status is DeliveryStatus.DELIVERED
