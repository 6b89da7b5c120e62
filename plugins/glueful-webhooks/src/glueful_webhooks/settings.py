"""Settings of section ``[webhooks]``."""

from typing import Literal

import msgspec
from glueful_hookspecs import Secret


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[webhooks]``."""

    encryption_keys: tuple[Secret, ...] = ()
    """At least 32 random characters each; signing secrets are stored encrypted with the first, and read with all.
    Outside development nobody can subscribe without one."""
    schemes: tuple[Literal["standard", "timestamped"], ...] = ("standard",)
    """Headers that carry signatures: those of Standard Webhooks 1.0, and ``signature_header``."""
    signature_header: str = "X-Webhook-Signature"
    """Header of the scheme ``timestamped``: ``t=<seconds>,v1=<hex>``."""
    user_agent: str = "Glueful-Webhooks"
    timeout_seconds: float = 15.0
    """A whole attempt at most."""
    retry_delays: tuple[int, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    """Seconds after each failed attempt; by default those of Standard Webhooks, ten attempts in about 76 hours."""
    retry_jitter: float = 0.1
    """Greatest part of a delay that is added at random."""
    most_retry_after_seconds: int = 86_400
    """How far a ``Retry-After`` of the receiver counts."""
    disable_after_days: float = 5.0
    """An endpoint without one success in so long is disabled; 0 for never."""
    secret_overlap_hours: float = 24.0
    """How long the old secret still signs after a rotation."""
    max_payload_bytes: int = 262_144
    max_response_bytes: int = 65_536
    """How much of an answer is kept, for the owner's eyes."""
    max_endpoints_per_owner: int = 100
    concurrency: int = 50
    """Deliveries under way in one process."""
    endpoint_concurrency: int = 5
    """Of these, to one endpoint: one that hangs holds up nobody else."""
    lease_seconds: float = 60.0
    """After so long a delivery whose process died is attempted again; longer than ``timeout_seconds``."""
    poll_seconds: float = 1.0
    """How often a process without work looks for some that others left."""
    run_worker: bool = True
    """Deliver in the processes that serve, too; else only ``glueful webhooks work`` delivers. Where glueful-queue is
    active, its own ``run_worker`` decides instead, and every ``glueful queue work`` delivers."""
    keep_delivered_days: float = 7.0
    keep_failed_days: float = 30.0
    path: str = "/webhooks"
    """Where the management API is."""
    api: bool = True
    """Whether there is a management API."""
    scope: str = "webhooks"
    """Scope that a caller of the management API needs, for endpoints of its own."""
    admin_scope: str = "webhooks:admin"
    """Scope for the endpoints of all owners."""
    owner_claim: str | None = None
    """Claim of the caller that names the owner, for example ``tenant``; None: the caller's id."""
