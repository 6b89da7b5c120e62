"""Hooks of glueful-queue: jobs, schedules and workers that plugins bring, and what became of a job."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import hook

if TYPE_CHECKING:
    from .background import BackgroundWorker
    from .job_types import JobType
    from .record import QueuedJob
    from .schedules import Schedule


@hook("contribution", since="0.1")
def glueful_jobs() -> "Sequence[JobType[Any, Any]]":
    """Bring jobs: a worker runs only what was declared, and never imports by name.

    When: an application starts, before any job is enqueued or run.
    Order: plugins in dependency order.
    Errors: fail the start. Two jobs with one name are a conflict.
    Returns: functions or classes with ``@job``; importing their module has declared them.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_schedules() -> "Sequence[Schedule]":
    """Bring jobs that run by the clock.

    When: a worker process starts.
    Order: plugins in dependency order.
    Errors: fail the start. Two schedules with one name are a conflict.
    Returns: ``Schedule`` objects.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_workers() -> "Sequence[BackgroundWorker]":
    """Bring workers that run beside the job worker.

    They run in every ``glueful queue work`` and, where ``[queue] run_worker`` allows, in the processes that serve.

    When: every plugin of the process has run its ``glueful_startup``, so a worker may use its plugin's services. Not at
        all in a process that hosts no workers.
    Order: plugins in dependency order; the workers run concurrently.
    Errors: fail the start. An error that leaves ``run()`` later is logged with the worker's name, and ``run()`` is
        called again after a pause that grows from 1 to 30 seconds.
    Returns: objects with ``name: str``, ``async run()`` and ``async stop(grace_seconds)``. ``run()`` works until
        ``stop()`` was called; ``stop()`` returns within ``grace_seconds``, before any plugin's ``glueful_shutdown``.
    """
    return ()


@hook("observer", since="0.1")
def glueful_job_enqueued(job: "QueuedJob") -> None:
    """A job was put on the queue, or into the outbox.

    When: after its transaction is committed, if there is one, in the process that enqueued it.
    Order: plugins in dependency order. Implementations may be ``async def``, and hold the caller up while they run.
    Errors: logged with the plugin's name; the job stays enqueued.
    Fires again: never for one job; a job that its key refuses as a duplicate does not fire it.

    Args:
        job: the job; ``job.meta`` holds the trace and the principal that travel with it.
    """


@hook("observer", since="0.1")
def glueful_job_started(job: "QueuedJob") -> None:
    """A worker begins an attempt.

    When: in the worker, in the context that the job runs in, before its arguments are checked.
    Order: plugins in dependency order. Implementations may be ``async def``, and hold the attempt up.
    Errors: logged with the plugin's name; the attempt goes on.
    Fires again: for each attempt; ``job.attempts`` counts from 1.

    Args:
        job: the job.
    """


@hook("observer", since="0.1")
def glueful_job_finished(job: "QueuedJob", duration_seconds: float) -> None:
    """An attempt succeeded, and the queue has stored that.

    When: after the broker accepted the outcome; not when the worker had lost its claim meanwhile.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the job stays complete.
    Fires again: never for one job.

    Args:
        job: the job.
        duration_seconds: of this attempt.
    """


@hook("observer", since="0.1")
def glueful_job_failed(job: "QueuedJob", reason: str, error: BaseException | None, is_final: bool) -> None:
    """An attempt failed, and the queue has stored that.

    When: after the broker accepted the outcome.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name.
    Fires again: for each failed attempt; with ``is_final`` once, when the job is on the list of failed jobs.

    Args:
        job: the job.
        reason: ``error``, ``timeout``, ``lost``, ``cancelled``, ``unknown``, ``invalid``, ``too_new`` or ``too_large``.
        error: what the job raised; None where it did not run, or its worker was lost.
        is_final: there will be no further attempt.
    """
