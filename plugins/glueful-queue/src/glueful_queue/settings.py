"""Settings of section ``[queue]``."""

from typing import Literal

import msgspec


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[queue]``."""

    broker: Literal["auto", "redis", "postgres", "sqlite"] = "auto"
    """Where jobs wait: ``redis`` needs glueful-redis with a URL; ``postgres`` and ``sqlite`` are the database of
    glueful-orm. ``auto``: Redis where it is there, else that database."""
    queues: tuple[str, ...] = ("default",)
    """The queues that a worker takes from when it is not told otherwise. Some worker must take from each that jobs are
    put on."""
    run_worker: Literal["auto", "always", "never"] = "auto"
    """Whether processes that serve also work; ``auto``: in development only."""
    concurrency: int = 10
    """Jobs of one queue under way in one worker process."""
    retries: int = 5
    """Greatest number of attempts, where a job does not say."""
    timeout_seconds: float = 300.0
    """Greatest duration of an attempt, where a job does not say; 0 for none."""
    result_ttl_seconds: float = 600.0
    """How long the outcome of a job is kept, where a job does not say."""
    lease_seconds: float = 30.0
    """How long a claim holds without news of its worker. A worker that dies holds its jobs no longer; see
    ``sweep_seconds`` for the other part of the bound."""
    sweep_seconds: float = 5.0
    """How often each worker looks for jobs whose worker was lost."""
    poll_seconds: float = 0.5
    """How often an idle worker looks for jobs that other processes put into the database."""
    grace_seconds: float = 20.0
    """How long jobs may still run when their worker is told to stop; then they are given back."""
    max_payload_bytes: int = 262_144
    """Greatest size of a job's arguments, as JSON."""
    max_result_bytes: int = 262_144
    """Greatest size of a job's result, as JSON."""
    keep_failed_days: float = 30.0
    """How long failed jobs stay on their list; 0 for ever."""
    backlog_warning_seconds: float = 300.0
    """The health check warns when the oldest job waits longer."""
    relay_seconds: float = 1.0
    """How often an idle process looks into the outbox."""
    api: bool = True
    """Whether there is a management API, for administrators."""
    path: str = "/queue"
    """Where the management API is."""
    scope: str = "queue:admin"
    """Scope that a caller of the management API needs."""
    web: bool = False
    """Serve SAQ's web page below ``path``, behind the same scope; needs Starlette (``glueful-queue[web]``)."""

    def __post_init__(self) -> None:
        if self.lease_seconds < 1 or self.sweep_seconds <= 0 or self.poll_seconds <= 0:
            raise ValueError("lease_seconds must be at least 1, sweep_seconds and poll_seconds greater than 0")
        if self.concurrency < 1 or self.retries < 1:
            raise ValueError("concurrency and retries must be at least 1")
        if not self.queues:
            raise ValueError("queues must name one queue")
