"""The list of failed jobs: kept until somebody retries or forgets them, or they are too old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .record import QueuedJob, encode_payload
from .tables import FailedJob

if TYPE_CHECKING:
    from .settings import QueueSettings

MOST_ERROR_CHARACTERS = 16_384
BATCH = 500


class FailedJobs:
    """Failed jobs in the database, whatever the broker is.

    Args:
        settings: how long they are kept.
        clock: the time, aware, in UTC.
    """

    def __init__(self, settings: "QueueSettings", clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock

    async def add(self, job: QueuedJob, reason: str, error: str) -> None:
        """Put a job on the list, or on it again."""
        row = {
            "queue": job.get_queue().name,
            "key": job.key,
            "name": job.function[:255],
            "reason": reason,
            "error": clean(error)[-MOST_ERROR_CHARACTERS:],
            "attempts": job.attempts,
            "payload": job.raw or encode_payload(job),
            "failed_at": self._clock(),
        }
        await FailedJob.upsert([row], unique=["queue", "key"])

    async def remove(self, job: QueuedJob) -> None:
        """Take a job off the list."""
        await FailedJob.where(queue=job.get_queue().name, key=job.key).delete()

    async def forget_old(self) -> int:
        """Remove what is kept no longer; the number removed."""
        if not self._settings.keep_failed_days:
            return 0
        before = self._clock() - timedelta(days=self._settings.keep_failed_days)
        count = 0
        while ids := await FailedJob.where(failed_at__lt=before).limit(BATCH).pluck("id"):
            count += await FailedJob.where(id__in=ids).delete()
        return count


def clean(text: str) -> str:
    """Text without what PostgreSQL cannot store."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
