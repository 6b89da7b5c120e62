"""What the management API takes and gives."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from .record import QueuedJob
from .tables import FailedJob

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Ids = Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]], msgspec.Meta(min_length=1, max_length=1_000)]


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """Which failed jobs are meant."""

    ids: Ids | None = None
    """None for all."""


class JobView(msgspec.Struct):
    """A job; never its arguments, which may be anybody's data."""

    key: str
    queue: str
    name: str
    status: str
    attempts: int
    retries: int
    progress: float
    priority: int
    queued_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    due_at: datetime | None
    error: str | None


class FailedView(msgspec.Struct):
    """A failed job; never its arguments."""

    id: int
    key: str
    queue: str
    name: str
    reason: str
    error: str
    attempts: int
    failed_at: datetime


class Forgotten(msgspec.Struct):
    """How many failed jobs were taken off the list."""

    forgotten: int


def job_view(job: QueuedJob) -> JobView:
    """A job as it is shown."""
    return JobView(
        key=job.key,
        queue=job.get_queue().name,
        name=job.function,
        status=job.status.value,
        attempts=job.attempts,
        retries=job.retries,
        progress=job.progress,
        priority=job.priority,
        queued_at=_moment(job.queued),
        started_at=_moment(job.started),
        completed_at=_moment(job.completed),
        due_at=_moment(job.scheduled * 1000),
        error=job.error,
    )


def failed_view(row: FailedJob) -> FailedView:
    """A failed job as it is shown."""
    values: dict[str, Any] = row.visible()
    return FailedView(**{name: values[name] for name in FailedView.__struct_fields__})


def _moment(milliseconds: float) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
