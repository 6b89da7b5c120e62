"""A job as brokers keep it: SAQ's ``Job``, split into what never changes and what does."""

import dataclasses
from typing import Any

import msgspec
from saq.job import Job, Status

TERMINAL = ("complete", "failed", "aborted")
"""States in which nothing more happens to a job."""
STATUSES = {
    "scheduled": Status.QUEUED,
    "queued": Status.QUEUED,
    "active": Status.ACTIVE,
    "aborting": Status.ABORTING,
    "complete": Status.COMPLETE,
    "failed": Status.FAILED,
    "aborted": Status.ABORTED,
}
"""States as brokers store them, and SAQ's names. SAQ calls a job queued whether or not it is due."""


class Payload(msgspec.Struct, omit_defaults=True):
    """What is written once, when a job is enqueued. Fields and defaults are those of SAQ's ``Job``."""

    function: str
    kwargs: dict[str, Any] | None = None
    timeout: float = 10
    heartbeat: float = 0
    retries: int = 1
    ttl: float = 600
    retry_delay: float = 0.0
    retry_backoff: bool | float = False
    scheduled: float = 0
    priority: int = 0
    group_key: str | None = None
    meta: dict[Any, Any] = msgspec.field(default_factory=dict)


FIELDS = Payload.__struct_fields__
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(Payload).decode


@dataclasses.dataclass(eq=False, repr=False)
class QueuedJob(Job):
    """A job with the claim by which a worker holds it.

    Attributes:
        token: fences the claim: a write of a worker whose claim was taken back is refused.
        unique_seconds: for how long after its enqueueing the key refuses another job, even once this one is done.
        delay_seconds: from the enqueueing until it is due, measured by the broker's clock.
        broken: why the payload cannot be read; ``""`` for one that can.
        raw: the payload as it is stored.
    """

    token: str = ""
    unique_seconds: float = 0.0
    delay_seconds: float = 0.0
    broken: str = ""
    raw: bytes = b""

    def __post_init__(self) -> None:
        if type(self.status) is str:
            self.status = Status(self.status)

    def to_dict(self) -> dict[str, Any]:
        """As SAQ's, without what only brokers need."""
        values = super().to_dict()
        for name in ("token", "unique_seconds", "delay_seconds", "broken", "raw"):
            values.pop(name, None)
        return values


def encode_payload(job: Job) -> bytes:
    """The part of a job that never changes, as JSON.

    Raises:
        TypeError: the arguments are not JSON.
    """
    return _encode(Payload(**{name: getattr(job, name) for name in FIELDS}))


def decode_payload(raw: bytes | None, limit: int) -> tuple[dict[str, Any], str]:
    """The fields of a stored payload, and why it cannot be read: ``""``, ``"too_large"`` or ``"invalid"``.

    Args:
        raw: None where it is larger than ``limit``, and was not fetched.
        limit: greatest size in bytes.
    """
    if raw is None or len(raw) > limit:
        return {"function": ""}, "too_large"
    try:
        payload = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"function": ""}, "invalid"
    return {name: getattr(payload, name) for name in FIELDS}, ""


def packed(job: Job) -> bytes:
    """A job that waits inside another record: queue, key and payload, a line each."""
    return b"\n".join((job.get_queue().name.encode(), job.key.encode(), encode_payload(job)))
