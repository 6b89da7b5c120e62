"""Tells other plugins what became of jobs."""

from glueful_hookspecs import Hooks

from .record import QueuedJob


class Observers:
    """The implementations of ``glueful_job_*``.

    Args:
        hooks: of the application; None: nobody is told.
    """

    def __init__(self, hooks: Hooks | None) -> None:
        names = ("enqueued", "started", "finished", "failed")
        found = [None if hooks is None else hooks.runtime(f"glueful_job_{name}") or None for name in names]
        self.on_enqueued, self.on_started, self.on_finished, self.on_failed = found

    async def enqueued(self, job: QueuedJob) -> None:
        """A job was enqueued."""
        if self.on_enqueued is not None:
            await self.on_enqueued(job=job)

    async def started(self, job: QueuedJob) -> None:
        """An attempt begins."""
        if self.on_started is not None:
            await self.on_started(job=job)

    async def finished(self, job: QueuedJob, duration_seconds: float) -> None:
        """A job is complete."""
        if self.on_finished is not None:
            await self.on_finished(job=job, duration_seconds=duration_seconds)

    async def failed(self, job: QueuedJob, reason: str, error: BaseException | None, *, is_final: bool) -> None:
        """An attempt failed."""
        if self.on_failed is not None:
            await self.on_failed(job=job, reason=reason, error=error, is_final=is_final)
