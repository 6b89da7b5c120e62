"""What every broker does beyond SAQ's ``Queue``: claims that end, outcomes that are fenced, waiting without load."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from glueful_hookspecs import GluefulError
from saq.job import Job, Status
from saq.queue import Queue
from saq.utils import now

from .record import QueuedJob, decode_payload

FOREVER_MS = 2**62
LOST = "its worker was lost"


class ClaimLost(GluefulError):
    """A worker's claim was taken back meanwhile: what it says about the job counts no more."""

    code = "queue.claim_lost"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            what=f"the claim on the job {key} has ended", fix="make attempts shorter than the lease, or yield"
        )


class Outcome(msgspec.Struct, frozen=True):
    """How a job ended for good."""

    status: Status
    result: Any = None
    error: str | None = None
    follow: tuple[QueuedJob, ...] = ()
    """Jobs of the same broker that are enqueued together with this outcome, or not at all."""
    group: str | None = None
    """The group that counts this job."""


class Renewal(msgspec.Struct, frozen=True):
    """What became of a worker's claims."""

    held: frozenset[str]
    """Tokens and keys, as ``token:key``, that are still the worker's."""
    aborting: frozenset[str]
    """Keys of jobs that somebody wants to be stopped."""


class Waiting(msgspec.Struct, frozen=True):
    """How much waits, and for how long."""

    queued: int
    scheduled: int
    active: int
    oldest_seconds: float
    """How long the job waits that was due first; 0 where none is."""
    is_paused: bool


class GroupCount(msgspec.Struct, frozen=True):
    """How far a group of jobs is."""

    total: int
    complete: int
    failed: int

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return (self.complete + self.failed) / self.total if self.total else 1.0

    @property
    def is_done(self) -> bool:
        """Whether every job of the group has ended."""
        return self.complete + self.failed >= self.total


class Broker(Queue):
    """A queue whose jobs are claimed for a while, by workers that renew their claims.

    Args:
        name: of the queue.
        lease_seconds: how long a claim holds without news of its worker.
        max_payload_bytes: larger payloads are not read.
        poll_seconds: longest sleep of ``wait``.
        clock: seconds since 1970, for tests; None for the clock of the broker, which workers share.
    """

    kind: str
    """As in ``[queue] broker``."""

    def __init__(
        self,
        name: str = "default",
        *,
        lease_seconds: float = 30.0,
        max_payload_bytes: int = 262_144,
        poll_seconds: float = 0.5,
        clock: Callable[[], float] | None = None,
        **saq_options: Any,
    ) -> None:
        super().__init__(name=name, dump=None, load=None, **saq_options)
        self.lease_seconds = lease_seconds
        self.max_payload_bytes = max_payload_bytes + 16_384
        self.poll_seconds = poll_seconds
        self.clock = clock
        self.news = asyncio.Event()
        self.siblings: Callable[[str], Broker] = lambda _: self
        """The other queues on the same broker, by name."""

    # --- claims ---

    @abstractmethod
    async def claim(self, worker_id: str, limit: int) -> list[QueuedJob]:
        """Take up to ``limit`` jobs that are due; each is the worker's until its lease ends."""

    @abstractmethod
    async def renew(self, worker_id: str, held: Sequence[QueuedJob]) -> Renewal:
        """Hold the worker's claims for another lease."""

    @abstractmethod
    async def aborting(self, worker_id: str, held: Sequence[QueuedJob]) -> set[str]:
        """The keys of this worker's jobs that somebody wants to be stopped."""

    @abstractmethod
    async def release(self, job: QueuedJob, *, error: str | None, delay: float, counts: bool = True) -> None:
        """Give a claimed job back, due in ``delay`` seconds.

        Args:
            job: a claimed job, or one that nobody holds.
            error: of the attempt.
            delay: seconds.
            counts: whether the attempt counts.

        Raises:
            ClaimLost: it was taken back before.
        """

    @abstractmethod
    async def settle(self, job: QueuedJob, outcome: Outcome) -> QueuedJob | None:
        """Store how a claimed job ended, and what follows from it, in one step.

        Returns:
            The job that its group enqueued since this was its last.

        Raises:
            ClaimLost: the claim was taken back before; nothing is stored.
        """

    @abstractmethod
    async def lost(self, limit: int = 100) -> list[QueuedJob]:
        """Jobs whose lease has ended; they are the caller's until a new lease ends, under new tokens."""

    @abstractmethod
    async def forget_expired(self, limit: int = 500) -> int:
        """Remove outcomes that are kept no longer; the number removed."""

    # --- enqueueing ---

    @abstractmethod
    async def put(self, jobs: Sequence[QueuedJob], *, once: Sequence[str] = ()) -> list[bool]:
        """Enqueue jobs; whether each was new.

        Args:
            jobs: of this queue.
            once: a mark for each job; one whose mark was used within a day is refused. For the outbox.
        """

    @abstractmethod
    async def new_group(self, group: str, total: int, follow: QueuedJob | None, ttl_seconds: float) -> None:
        """Begin to count the jobs of a group; ``follow`` is enqueued when all have ended."""

    @abstractmethod
    async def group_count(self, group: str) -> GroupCount | None:
        """How far a group is; None if it is not known any more."""

    # --- operating ---

    @abstractmethod
    async def pause(self) -> None:
        """Take no more jobs from this queue, in any process, until ``resume``."""

    @abstractmethod
    async def resume(self) -> None:
        """Take jobs again."""

    @abstractmethod
    async def waiting(self) -> Waiting:
        """How much waits."""

    def wake(self) -> None:
        """Look for jobs now."""
        self.news.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for news of this queue, at most ``poll_seconds``."""
        try:
            async with asyncio.timeout(self.poll_seconds if seconds is None else min(seconds, self.poll_seconds)):
                await self.news.wait()
        except TimeoutError:
            pass
        self.news.clear()

    # --- SAQ's interface, by means of the above ---

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        """Claim one job; None after ``timeout`` seconds (0: wait for ever) without any."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + timeout if timeout > 0 else None
        while True:
            if jobs := await self.claim("", 1):
                return jobs[0]
            left = None if ends is None else ends - loop.time()
            if left is not None and left <= 0:
                return None
            await self.wait(poll_interval or left)

    def copy(self, job: Job) -> Job:
        """The job itself: brokers encode it at once."""
        return job

    async def _enqueue(self, job: Job) -> Job | None:
        (is_new,) = await self.put([self.adopt(job)])
        return job if is_new else None

    async def _retry(self, job: Job, error: str | None) -> None:
        await self.release(self.adopt(job), error=error, delay=job.next_retry_delay())

    async def _finish(self, job: Job, status: Status, *, result: Any = None, error: str | None = None) -> None:
        await self.settle(self.adopt(job), Outcome(status, result, error))

    def adopt(self, job: Job) -> QueuedJob:
        """A job as brokers need it, whoever made it."""
        if isinstance(job, QueuedJob):
            return job
        values = {name: getattr(job, name) for name in Job.__dataclass_fields__}
        return QueuedJob(**values)

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:  # noqa: ARG002 - SAQ's signature
        """Take back the jobs of workers that were lost, all at once; their keys.

        A worker does more: it keeps those that have failed for good, and tells.
        """
        await self.forget_expired()
        swept = []
        for job in await self.lost():
            if job.status is Status.ABORTING:
                await self.settle(job, Outcome(Status.ABORTED, error=job.error))
            elif job.retryable:
                await self.release(job, error=self.swept_error_message, delay=0.0)
            else:
                await self.settle(job, Outcome(Status.ABORTED, error=self.swept_error_message))
            swept.append(job.key)
        return swept

    def new_job(self, function: str, **values: Any) -> QueuedJob:
        """A job of this queue, not enqueued yet."""
        return QueuedJob(function=function, queue=self, queued=now(), status=Status.QUEUED, **values)

    def sibling(self, queue: Queue | None) -> "Broker":
        """The queue of a job, on the same broker."""
        return queue if isinstance(queue, Broker) else self

    def unpacked(self, raw: bytes) -> QueuedJob:
        """A job out of ``packed``."""
        name, key, payload = raw.split(b"\n", 2)
        values, _ = decode_payload(payload, self.max_payload_bytes)
        return self.siblings(name.decode()).new_job(**values, key=key.decode())
