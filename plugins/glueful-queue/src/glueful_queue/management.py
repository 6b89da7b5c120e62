"""Looking after queues: what ``glueful queue`` and the management API do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from glueful_orm import transaction
from saq.job import Status

from .errors import JobNotFound
from .record import QueuedJob, decode_payload
from .tables import FailedJob

if TYPE_CHECKING:
    from .service import Queues

MOST_ROWS = 1_000
BATCH = 200


class QueueStats(msgspec.Struct, frozen=True):
    """One queue."""

    name: str
    queued: int
    scheduled: int
    active: int
    failed: int
    oldest_seconds: float
    workers: int
    is_paused: bool


class Retried(msgspec.Struct, frozen=True):
    """What became of failed jobs that were to be retried."""

    retried: int
    left: tuple[str, ...]
    """Keys of jobs that cannot be: their payload cannot be read, or a job with their key is not done."""


class Management:
    """Operations on all queues of an application.

    Args:
        queues: of the application.
    """

    def __init__(self, queues: "Queues") -> None:
        self._queues = queues

    async def stats(self) -> list[QueueStats]:
        """All queues that jobs or settings name.

        Raises:
            DatabaseError: or an error of Redis: the broker does not answer.
        """
        found = []
        for broker in self._queues.known:
            waiting, info = await broker.waiting(), await broker.info()
            failed = await FailedJob.where(queue=broker.name).count()
            found.append(
                QueueStats(
                    name=broker.name,
                    queued=waiting.queued,
                    scheduled=waiting.scheduled,
                    active=waiting.active,
                    failed=failed,
                    oldest_seconds=round(waiting.oldest_seconds, 3),
                    workers=len(info["workers"]),
                    is_paused=waiting.is_paused,
                )
            )
        return found

    async def jobs(self, queue: str, status: Status | None = None, limit: int = 100) -> list[QueuedJob]:
        """Jobs of a queue, with one status or all."""
        found: list[QueuedJob] = []
        async for job in self._queues.broker(queue).iter_jobs([status] if status else list(Status)):
            if len(found) >= min(limit, MOST_ROWS):
                break
            found.append(job)  # type: ignore[arg-type]
        return found

    async def cancel(self, queue: str, key: str) -> None:
        """Cancel a job.

        Raises:
            JobNotFound: there is none.
        """
        broker = self._queues.broker(queue)
        job = await broker.job(key)
        if job is None:
            raise JobNotFound(key)
        await broker.abort(job, "cancelled by an operator")

    async def failed(self, queue: str | None = None, before: int | None = None, limit: int = 100) -> list[FailedJob]:
        """Failed jobs, the latest first.

        Args:
            queue: None for all.
            before: the last id that the caller has.
            limit: how many at most.
        """
        query = FailedJob.where().order_by("-id").limit(min(limit, MOST_ROWS))
        if queue is not None:
            query = query.where(queue=queue)
        return await (query if before is None else query.where(id__lt=before))

    async def retry(self, ids: Sequence[int] | None = None) -> Retried:
        """Enqueue failed jobs anew, with all their attempts; in the step in which they leave the list.

        Args:
            ids: of the list; None for all.

        Raises:
            JobNotFound: one is not on the list.
        """
        retried, left, after = 0, list[str](), 0
        while True:
            async with transaction():
                query = (
                    FailedJob.where(id__gt=after) if ids is None else FailedJob.where(id__in=list(ids), id__gt=after)
                )
                rows = await query.order_by("id").limit(BATCH).for_update()
                if not rows:
                    break
                after = rows[-1].id
                done = [row.id for row in rows if await self._enqueue(row)]
                retried += len(done)
                left += [row.key for row in rows if row.id not in done]
                if done:
                    await FailedJob.where(id__in=done).delete()
        if ids is not None and retried + len(left) < len(set(ids)):
            raise JobNotFound(", ".join(map(str, ids)))
        return Retried(retried, tuple(left))

    async def _enqueue(self, row: FailedJob) -> bool:
        broker = self._queues.broker(row.queue)
        values, broken = decode_payload(bytes(row.payload), broker.max_payload_bytes)
        if broken:
            return False
        values["scheduled"] = 0.0
        values["meta"].pop("group", None)  # it was counted as failed
        handle = await self._queues.enqueue_job(broker.new_job(**values, key=row.key), by_outbox=True)
        return handle.is_new is not False

    async def forget(self, ids: Sequence[int] | None = None) -> int:
        """Take failed jobs off the list for good; how many.

        Args:
            ids: of the list; None for all.
        """
        query = FailedJob.where() if ids is None else FailedJob.where(id__in=list(ids))
        return await query.delete() if ids is not None else await query.where(id__gt=0).delete()

    async def pause(self, queue: str) -> None:
        """Take no more jobs from a queue; those under way end."""
        await self._queues.broker(queue).pause()

    async def resume(self, queue: str) -> None:
        """Take jobs from a queue again."""
        await self._queues.broker(queue).resume()
