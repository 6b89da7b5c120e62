"""What ``enqueue`` returns: a job, from outside."""

import asyncio
from typing import TYPE_CHECKING, Any

from saq.job import Status

from .errors import JobFailed, JobNotFound

if TYPE_CHECKING:
    from .broker import Broker, GroupCount
    from .record import QueuedJob

POLL_SECONDS = 0.1


class JobHandle:
    """A job that was enqueued.

    Attributes:
        key: of the job.
        queue: its name.
        is_new: False if a job with the same key was not done yet, so that this one was not enqueued; None where that is
            known only later: by way of the outbox, or after the commit.
    """

    def __init__(self, broker: "Broker", key: str, is_new: bool | None) -> None:
        self._broker = broker
        self.key = key
        self.queue = broker.name
        self.is_new = is_new

    def __repr__(self) -> str:
        return f"<job {self.key} on {self.queue}>"

    async def job(self) -> "QueuedJob":
        """The job as it is stored now: ``status``, ``progress``, ``attempts``, ``error``, ``result``.

        Raises:
            JobNotFound: it is on its way, or its outcome is kept no longer.
        """
        found = await self._broker.job(self.key)
        if found is None:
            raise JobNotFound(self.key)
        return found  # type: ignore[return-value]

    async def cancel(self, reason: str = "cancelled") -> None:
        """Cancel it: at once if it waits; a running one is stopped within a second or two, if it can be.

        Raises:
            JobNotFound: there is none.
        """
        await self._broker.abort(await self.job(), reason)

    async def result(self, timeout: float | None = None) -> Any:
        """Wait until it is done, and give what it returned, as plain JSON data.

        Args:
            timeout: seconds; None to wait for ever.

        Raises:
            JobFailed: it failed for good, or was cancelled.
            TimeoutError: it took longer.
        """
        async with asyncio.timeout(timeout):
            while True:
                found = await self._broker.job(self.key)
                if found is not None and found.status is Status.COMPLETE:
                    return found.result
                if found is not None and found.status in (Status.FAILED, Status.ABORTED):
                    lines = (found.error or "").strip().splitlines()
                    raise JobFailed(self.key, found.status.value, lines[-1] if lines else "it gave no reason")
                await asyncio.sleep(POLL_SECONDS)


class GroupHandle:
    """A group of jobs that was enqueued.

    Attributes:
        key: of the group.
    """

    def __init__(self, broker: "Broker", key: str) -> None:
        self._broker, self.key = broker, key

    async def count(self) -> "GroupCount":
        """How many of its jobs there are, are complete, and failed.

        Raises:
            JobNotFound: it is kept no longer.
        """
        found = await self._broker.group_count(self.key)
        if found is None:
            raise JobNotFound(self.key)
        return found

    async def wait(self, timeout: float | None = None) -> "GroupCount":
        """Wait until every job of the group has ended.

        Raises:
            TimeoutError: it took longer.
        """
        async with asyncio.timeout(timeout):
            while True:
                if (count := await self.count()).is_done:
                    return count
                await asyncio.sleep(POLL_SECONDS)
