"""One attempt of a claimed job, and what becomes of it."""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_hookspecs import current_scope, refuse_not_finite
from saq.job import Status

from .broker import Broker, ClaimLost, Outcome
from .context import JobContext, arriving_scope, current_job
from .errors import JobArgumentsInvalid
from .job_types import DECLARED, JobType
from .outage import Outage
from .record import QueuedJob
from .threads import in_thread

if TYPE_CHECKING:
    from .service import Queues

_log = logging.getLogger("glueful.queue")
LOST_OFTEN = 2
"""After so many attempts a job whose worker was lost is suspected of it."""
REASONS = {
    "too_large": "the payload is larger than this worker reads",
    "invalid": "the payload cannot be read",
}


class GiveUp(Exception):
    """Raised by a job that needs no further attempt: it goes to the list of failed jobs at once."""


class RetryLater(Exception):
    """Raised by a job that knows when to try again, for example from ``Retry-After``. The attempt counts.

    Args:
        seconds: until the next attempt.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = max(seconds, 0.0)
        super().__init__(f"again in {seconds} seconds")


class Stopped(Exception):
    """Why the worker cancelled a job."""


class Attempts:
    """Runs claimed jobs of one queue.

    Args:
        queues: the queues of the application.
        broker: whose jobs.
    """

    def __init__(self, queues: "Queues", broker: Broker) -> None:
        self._queues, self._broker = queues, broker
        self._storing = Outage(f"outcomes of the queue {broker.name} cannot be stored")

    async def run(self, job: QueuedJob, why: Callable[[], str | None]) -> None:
        """Run a claimed job, and store what it came to; never raises because of the job.

        Args:
            job: claimed.
            why: the reason for which the worker cancelled it: ``timeout``, ``aborted``, ``stopping``, ``lost``; None.
        """
        declared = DECLARED.get(job.function)
        if problem := _unrunnable(job, declared):
            await self.fail(job, *problem, is_final=True)
            return
        assert declared is not None  # noqa: S101 - else there was a problem
        try:
            arguments = declared.arguments.decode(job.kwargs)
        except JobArgumentsInvalid as error:
            await self.fail(job, "invalid", str(error), is_final=True)
            return
        current_scope.set(arriving_scope(job.meta, self._queues.application))
        context = JobContext(job, self._report)
        current_job.set(context)
        if declared.arguments.context_parameter is not None:
            arguments[declared.arguments.context_parameter] = context
        await self._queues.observers.started(job)
        began = time.perf_counter()
        try:
            result = await self._call(declared, job, arguments)
        except asyncio.CancelledError:
            await self._cancelled(job, why())
        except GiveUp as error:
            await self.fail(job, "error", _text(error), error, is_final=True)
        except RetryLater as error:
            await self.fail(job, "error", str(error), error, delay=error.seconds)
        except TimeoutError as error:
            reason = (
                "timeout" if why() is None and job.timeout and time.perf_counter() - began >= job.timeout else "error"
            )
            await self.fail(job, reason, _text(error), error)
        except MemoryError as error:
            # The frames of the job hold what it filled the memory with; there must be some to store the outcome.
            traceback.clear_frames(error.__traceback__)
            await self.fail(job, "error", _text(error), error)
        except Exception as error:
            await self.fail(job, "error", _text(error), error)
        else:
            await self._complete(job, result, time.perf_counter() - began)

    @staticmethod
    async def _call(declared: JobType[Any, Any], job: QueuedJob, arguments: dict[str, Any]) -> Any:
        function = declared.function(**arguments).run if declared.is_class else None
        if not declared.is_async:
            if function is not None:
                return await in_thread(function, declared.name)
            return await in_thread(lambda: declared.function(**arguments), declared.name)
        call = function() if function is not None else declared.function(**arguments)
        if not job.timeout:
            return await call
        async with asyncio.timeout(job.timeout):
            return await call

    async def _report(self, job: QueuedJob, fraction: float) -> None:
        await self._broker.update(job, progress=fraction)

    # --- what it came to ---

    async def _complete(self, job: QueuedJob, result: Any, duration: float) -> None:
        outcome = Outcome(
            Status.COMPLETE, self._storable(job, result), None, self._following(job), job.meta.get("group")
        )
        follow = await self._settle(job, outcome)
        if follow is False:
            return
        self._broker.complete += 1
        observers = self._queues.observers
        await observers.finished(job, duration)
        for enqueued in (*outcome.follow, *([follow] if isinstance(follow, QueuedJob) else [])):
            await observers.enqueued(enqueued)

    def _storable(self, job: QueuedJob, result: Any) -> Any:
        if result is None:
            return None
        try:
            raw = msgspec.json.encode(result)
            refuse_not_finite(raw, result)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            _log.warning("the result of %s is not kept: %s", job.function, error)
            return None
        if len(raw) > self._queues.settings.max_result_bytes:
            _log.warning("the result of %s is not kept: it has %d bytes", job.function, len(raw))
            return None
        return msgspec.Raw(raw)

    def _following(self, job: QueuedJob) -> tuple[QueuedJob, ...]:
        chain = job.meta.get("then")
        if not chain:
            return ()
        first, *rest = chain
        follow = self._broker.unpacked(first.encode())
        if rest:
            follow.meta["then"] = rest
        return (follow,)

    async def _cancelled(self, job: QueuedJob, why: str | None) -> None:
        if why == "stopping":
            await self._store(job, lambda: self._broker.release(job, error=None, delay=0.0, counts=False))
            _log.info("%s %s was given back: this worker stops", job.function, job.key)
        elif why == "aborted":
            await self.abort(job)
        elif why == "lost":
            _log.warning("%s %s was taken over by another worker", job.function, job.key)
        else:
            await self.fail(job, "error", "the job cancelled itself")

    async def fail(
        self,
        job: QueuedJob,
        reason: str,
        text: str,
        error: BaseException | None = None,
        *,
        delay: float | None = None,
        is_final: bool = False,
    ) -> None:
        """Store a failed attempt: another one later, or the list of failed jobs."""
        if not is_final and job.retryable:
            pause = self._delay(job) if delay is None else delay
            alone = reason == "lost" and job.attempts >= LOST_OFTEN
            release = partial(self._broker.release, job, error=text, delay=pause, alone=alone)
            if await self._store(job, release) is False:
                return
            self._broker.retried += 1
            _log.warning(
                "%s %s: attempt %d of %d failed (%s), again in %.1f seconds: %s",
                *(job.function, job.key, job.attempts, job.retries, reason, pause, _last_line(text)),
            )
            await self._queues.observers.failed(job, reason, error, is_final=False)
            return
        await self._store(job, lambda: self._queues.failed.add(job, reason, text))
        outcome = Outcome(Status.FAILED, error=text, group=job.meta.get("group") if not job.broken else None)
        follow = await self._settle(job, outcome)
        if follow is False:
            await self._store(job, lambda: self._queues.failed.remove(job))
            return
        self._broker.failed += 1
        _log.error("%s %s failed for good (%s): %s", job.function, job.key, reason, _last_line(text))
        await self._queues.observers.failed(job, reason, error, is_final=True)
        if isinstance(follow, QueuedJob):
            await self._queues.observers.enqueued(follow)

    async def abort(self, job: QueuedJob) -> None:
        """Store that a job was cancelled."""
        outcome = Outcome(Status.ABORTED, error=job.error, group=job.meta.get("group"))
        if await self._settle(job, outcome) is False:
            return
        self._broker.aborted += 1
        await self._queues.observers.failed(job, "cancelled", None, is_final=True)

    def _delay(self, job: QueuedJob) -> float:
        declared = DECLARED.get(job.function)
        if declared is None or job.retry_delay:
            return job.next_retry_delay()
        return declared.backoff.delay(job.attempts, self._queues.fraction)

    async def _settle(self, job: QueuedJob, outcome: Outcome) -> "QueuedJob | bool | None":
        found: QueuedJob | bool | None = await self._store(job, lambda: self._broker.settle(job, outcome))
        return found

    async def _store(self, job: QueuedJob, write: Callable[[], Any]) -> Any:
        """Write, and again for as long as the broker is down; False if the claim was lost meanwhile."""
        is_uncertain = False
        while True:
            try:
                result = await write()
            except ClaimLost:
                if is_uncertain:
                    return None  # an earlier attempt to write, whose answer never came, was stored
                _log.warning("%s %s: its claim has ended; what this worker says counts no more", job.function, job.key)
                return False
            except Exception as error:
                if not self._queues.is_outage(error):
                    raise
                is_uncertain = True
                await self._storing.wait(error)
            else:
                self._storing.ended()
                return result


def _unrunnable(job: QueuedJob, declared: JobType[Any, Any] | None) -> tuple[str, str] | None:
    if job.broken:
        return job.broken, REASONS[job.broken]
    if declared is None:
        return "unknown", f"no job {job.function[:128]!r} is declared in this worker"
    version = job.meta.get("version", 1)
    if not isinstance(version, int) or version > declared.version:
        return "too_new", f"its arguments are of version {version!r}; this worker knows version {declared.version}"
    return None


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-20))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:500] if lines else ""
