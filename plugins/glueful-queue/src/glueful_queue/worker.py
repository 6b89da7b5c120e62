"""The worker of one queue: claims jobs, runs them, renews its claims, and takes back those of lost workers."""

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from saq.job import Status
from saq.worker import Worker

from .attempts import Attempts
from .broker import LOST, Broker
from .job_types import DECLARED
from .outage import Outage
from .record import QueuedJob

if TYPE_CHECKING:
    from .service import Queues

ABORT_SECONDS = 1.0
SCHEDULE_SECONDS = 1.0
INFO_SECONDS = 10.0
UPKEEP_END_SECONDS = 0.5
DEAF_SECONDS = 10.0
"""How long after its timeout a job that ignores its cancellation still counts as running."""
_log = logging.getLogger("glueful.queue")


class JobWorker(Worker[Any]):
    """SAQ's worker, for brokers with claims; also a ``BackgroundWorker``.

    Args:
        queues: the queues of the application.
        broker: the queue to work on.
        concurrency: jobs under way at a time.
    """

    def __init__(self, queues: "Queues", broker: Broker, concurrency: int) -> None:
        worker_id = f"{socket.gethostname()[:24]}:{os.getpid()}:{token_hex(4)}"
        super().__init__(broker, [], id=worker_id, concurrency=concurrency)
        self.pool.shutdown(wait=False)
        self.name = f"queue.{broker.name}"
        self.broker = broker
        self._queues = queues
        self._attempts = Attempts(queues, broker)
        self._running: dict[asyncio.Task[None], QueuedJob] = {}
        self._began: dict[asyncio.Task[None], float] = {}
        self._why: dict[asyncio.Task[None], str] = {}
        self._is_stopping = False
        self._is_over = asyncio.Event()
        self._may_have_more = False
        self._forgot_at = 0.0
        self._hushed = {name: Outage(f"the queue {broker.name} cannot {name}") for name in ("claim", *_UPKEEP)}

    @property
    def active(self) -> int:
        """How many jobs are under way."""
        return len(self._running)

    # --- life ---

    async def start(self) -> None:
        """As ``run``; SAQ's name for it. Signals belong to whoever runs the worker."""
        await self.run()

    async def run(self) -> None:
        """Work until ``stop``."""
        settings = self._queues.settings
        periods = {
            "renew its claims": (self.renew, self.broker.lease_seconds / 3),
            "look for cancelled jobs": (self.stop_aborted, ABORT_SECONDS),
            "make jobs due": (self.make_due, SCHEDULE_SECONDS),
            "look for lost jobs": (self.take_back_lost, settings.sweep_seconds),
            "say that its worker is alive": (self.tell, INFO_SECONDS),
        }
        upkeep = [asyncio.create_task(self._every(name, *period)) for name, period in periods.items()]
        try:
            await self._fetch()
            await self._is_over.wait()  # claims are renewed for as long as jobs may still run
        finally:
            self._is_over.set()
            _, late = await asyncio.wait(upkeep, timeout=UPKEEP_END_SECONDS)
            for task in late:
                task.cancel()

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Claim nothing more, let jobs end, and give back those that do not end in time.

        Args:
            grace_seconds: None for ``[queue] grace_seconds``. An idle worker ends at once, whatever it is.
        """
        self._is_stopping = True
        self.broker.wake()
        try:
            await self._end_jobs(grace_seconds)
        finally:
            self._is_over.set()

    async def _end_jobs(self, grace_seconds: float | None) -> None:
        grace = self._queues.settings.grace_seconds if grace_seconds is None else grace_seconds
        if self._running:
            await asyncio.wait(list(self._running), timeout=grace)
        left = list(self._running)
        for task in left:
            self._cancel(task, "stopping")
        if left:
            await asyncio.wait(left, timeout=self._cancellation_hard_deadline_s)
        for task, job in list(self._running.items()):
            _log.warning("%s %s does not end; its claim ends with the process", job.function, job.key)
            task.cancel()

    async def _every(self, name: str, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        # Told by an event, not by a cancellation, which redis-py may swallow.
        outage = self._hushed[name]
        while not self._is_over.is_set():
            pause = seconds * random.uniform(0.9, 1.0)  # noqa: S311 - spreads the workers
            try:
                await work()
            except Exception as error:
                if not self._queues.is_told_shortly(error):
                    _log.exception("the queue %s cannot %s", self.broker.name, name)
                pause = min(outage.failed(error), pause)
            else:
                outage.ended()
            try:
                async with asyncio.timeout(pause):
                    await self._is_over.wait()
            except TimeoutError:
                continue

    async def _fetch(self) -> None:
        outage = self._hushed["claim"]
        while not self._is_stopping:
            free = self.concurrency - len(self._running)
            if free <= 0:
                await self.broker.news.wait()
                self.broker.news.clear()
                continue
            try:
                jobs = await self.broker.claim(self.id, free)
            except Exception as error:
                if not self._queues.is_told_shortly(error):
                    _log.exception("the queue %s cannot claim jobs", self.broker.name)
                await outage.wait(error)
                continue
            outage.ended()
            for job in jobs:
                self._begin(job)
            self._may_have_more = len(jobs) >= free
            if not self._may_have_more:
                await self.broker.wait()

    def _begin(self, job: QueuedJob) -> None:
        job.worker_id = self.id
        task = asyncio.create_task(self._run(job), name=f"glueful-job-{job.key}")
        self._running[task] = job
        self._began[task] = time.monotonic()
        task.add_done_callback(self._ended)

    async def _run(self, job: QueuedJob) -> None:
        task = asyncio.current_task()
        try:
            await self._attempts.run(job, lambda: self._why.get(task) if task is not None else None)
        except asyncio.CancelledError:
            return
        except Exception:
            # Not the job's fault: its lease ends, and it runs again.
            _log.exception("the attempt of %s %s could not be brought to its end", job.function, job.key)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        self._began.pop(task, None)
        self._why.pop(task, None)
        if self._may_have_more or self._is_stopping:
            self.broker.wake()

    def _cancel(self, task: "asyncio.Task[None]", why: str) -> None:
        if task not in self._why and not task.done():
            self._why[task] = why
            task.cancel()

    # --- upkeep ---

    async def renew(self) -> None:
        """Hold the claims; let go of jobs that another worker has meanwhile."""
        running = dict(self._running)
        if not running:
            return
        renewal = await self.broker.renew(self.id, list(running.values()))
        self._let_go_of_deaf(running)
        for task, job in running.items():
            if f"{job.token}:{job.key}" not in renewal.held and task in self._running:
                self._stop_job(task, job, "lost")

    def _let_go_of_deaf(self, running: "dict[asyncio.Task[None], QueuedJob]") -> None:
        # By this process's own clock: when a job started is told by the broker's, which may be hours away from it.
        now = time.monotonic()
        for task, job in running.items():
            limit = self._began.get(task, now) + job.timeout + DEAF_SECONDS
            if job.timeout and limit < now and not self._is_plain(job):
                _log.error(
                    "%s %s ignores its cancellation, %d s after its timeout", job.function, job.key, DEAF_SECONDS
                )
                self._running.pop(task, None)
                failing = asyncio.create_task(self._attempts.fail(job, "timeout", "it ignores its cancellation"))
                self._running[failing] = job
                failing.add_done_callback(self._ended)

    @staticmethod
    def _is_plain(job: QueuedJob) -> bool:
        declared = DECLARED.get(job.function)
        return declared is not None and not declared.is_async

    def _stop_job(self, task: "asyncio.Task[None]", job: QueuedJob, why: str) -> None:
        if not self._is_plain(job):
            self._cancel(task, why)

    async def stop_aborted(self) -> None:
        """Stop jobs that somebody cancelled."""
        if not self._running:
            return
        keys = await self.broker.aborting(self.id, list(self._running.values()))
        for task, job in list(self._running.items()):
            if job.key in keys:
                self._stop_job(task, job, "aborted")

    async def make_due(self) -> None:
        """Make jobs claimable whose time has come."""
        await self.broker.schedule()

    async def take_back_lost(self) -> None:
        """Give the jobs of lost workers another attempt, or put them on the list of failed ones."""
        jobs = await self.broker.lost()
        await asyncio.gather(*(self._take_back(job) for job in jobs))
        if time.monotonic() - self._forgot_at > 60:
            self._forgot_at = time.monotonic()
            await self.broker.forget_expired()
            await self._queues.failed.forget_old()

    async def _take_back(self, job: QueuedJob) -> None:
        if job.status is Status.ABORTING:
            await self._attempts.abort(job)
        elif job.broken:
            await self._attempts.fail(job, job.broken, LOST, is_final=True)
        else:
            # The first time at once, since a worker dies for many reasons; then with the pauses of its back-off, and
            # beside no other such job, so that one which kills its workers leaves the others alone.
            await self._attempts.fail(job, "lost", LOST, delay=0.0 if job.attempts <= 1 else None)

    async def tell(self) -> None:
        """Say that this worker is alive."""
        await self.worker_info(int(INFO_SECONDS * 3))


_UPKEEP = (
    "renew its claims",
    "look for cancelled jobs",
    "make jobs due",
    "look for lost jobs",
    "say that its worker is alive",
)
