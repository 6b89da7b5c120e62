"""Everything of the queue that belongs to one application: its brokers, and how jobs get into them."""

import logging
import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Hooks
from glueful_orm import DatabaseError, Engine, after_commit, in_transaction, transaction

from .broker import Broker
from .context import travelling_context
from .errors import BrokerUnreachable, JobUndeclared, QueueNameInvalid, QueueNotMigrated
from .failed_jobs import FailedJobs
from .handles import JobHandle
from .job_types import DECLARED, QUEUE_NAME, Prepared
from .observers import Observers
from .outbox import Outbox
from .record import QueuedJob

if TYPE_CHECKING:
    from .settings import QueueSettings

PASSING = frozenset(
    f"database.{name}"
    for name in (
        *("conflict", "serialization_failure", "deadlock", "schema_changed", "lock_timeout", "statement_timeout"),
        *("pool_timeout", "connection_lost", "unreachable", "commit_outcome_unknown", "disk_full", "read_only"),
    )
)
"""Codes of database errors that may pass by themselves."""
_log = logging.getLogger("glueful.queue")


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class Queues:
    """The queues of one application.

    Args:
        settings: section ``[queue]``.
        new_broker: makes the queue of a name.
        is_transactional: whether the broker is the application's database, so that its jobs are rows of transactions.
        engine: whose clock schedules go by; None for ``clock``.
        hooks: whose observers are told; None for nobody.
        application: the ``Litestar`` object that jobs run in.
        clock: the time, in UTC; brokers have their own.
        fraction: for the jitter of retries, a number from 0 to 1.
    """

    def __init__(
        self,
        settings: "QueueSettings",
        new_broker: Callable[[str], Broker],
        *,
        is_transactional: bool,
        engine: Engine | None = None,
        hooks: Hooks | None = None,
        application: object = None,
        clock: Callable[[], datetime] = utc_now,
        fraction: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.is_transactional = is_transactional
        self._engine = engine
        self.application = application
        self.clock = clock
        self.fraction = fraction
        self.observers = Observers(hooks)
        self.failed = FailedJobs(settings, clock)
        self.outbox = Outbox(self)
        self._new_broker = new_broker
        self._brokers: dict[str, Broker] = {}

    def broker(self, name: str = "default") -> Broker:
        """The queue of a name.

        Raises:
            QueueNameInvalid: it has the wrong form.
        """
        found = self._brokers.get(name)
        if found is None:
            if not QUEUE_NAME.fullmatch(name):
                raise QueueNameInvalid(name)
            found = self._brokers[name] = self._new_broker(name)
            found.siblings = self.broker
        return found

    @property
    def known(self) -> list[Broker]:
        """The queues that jobs or settings name."""
        names = {*self.settings.queues, *(declared.queue for declared in DECLARED.values()), *self._brokers}
        return [self.broker(name) for name in sorted(names)]

    async def close(self) -> None:
        """Let go of the connections to the broker, if they are its own."""
        for broker in self._brokers.values():
            await broker.disconnect()

    # --- enqueueing ---

    async def enqueue(self, prepared: Prepared) -> JobHandle:
        """See ``JobType.enqueue``."""
        options, declared = prepared.options, prepared.job_type
        by_outbox = declared.outbox if options.outbox is None else options.outbox
        return await self.enqueue_job(self.make(prepared), by_outbox=by_outbox)

    async def enqueue_job(self, job: QueuedJob, *, by_outbox: bool = False) -> JobHandle:
        """Enqueue a job that was made; with the transaction of this context, if there is one."""
        broker = self.broker(job.get_queue().name)
        if self.is_transactional or not (by_outbox or in_transaction()):
            is_new: bool | None = await self.put(job)
        elif by_outbox:
            await self.outbox.add(job)
            is_new = None
        else:
            await after_commit(lambda: self._put_late(job))
            return JobHandle(broker, job.key, None)
        if is_new is not False and self.observers.on_enqueued is not None:
            await after_commit(lambda: self.observers.enqueued(job))
        return JobHandle(broker, job.key, is_new)

    async def put_group(
        self, name: str, jobs: Sequence[QueuedJob], follow: QueuedJob | None, ttl_seconds: float
    ) -> None:
        """Count a group, and enqueue its jobs.

        Raises:
            BrokerUnreachable: the broker did not take them all.
        """
        broker = self.broker(jobs[0].get_queue().name)
        by_queue: dict[str, list[QueuedJob]] = {}
        for job in jobs:
            by_queue.setdefault(job.get_queue().name, []).append(job)
        async with transaction() if self.is_transactional else nullcontext():
            try:
                await broker.new_group(name, len(jobs), follow, ttl_seconds)
            except OSError as error:
                raise BrokerUnreachable(broker.kind, f"{type(error).__name__}: {error}") from error
            for queue, members in by_queue.items():
                await self.put_all(queue, members)
        if self.observers.on_enqueued is not None:
            for job in jobs:
                await after_commit(partial(self.observers.enqueued, job))

    async def database_now(self) -> datetime:
        """The time of the database, which the processes of an application share."""
        engine = self._engine
        if engine is None or engine.dialect != "postgres":
            return self.clock()
        ((now,),) = await engine.fetch("SELECT statement_timestamp()")
        return now.astimezone(UTC)  # type: ignore[no-any-return]

    async def _put_late(self, job: QueuedJob) -> None:
        if await self.put(job):
            await self.observers.enqueued(job)

    async def put(self, job: QueuedJob) -> bool:
        """Hand a job to its broker; whether it was new. Raises as ``put_all``."""
        (is_new,) = await self.put_all(job.get_queue().name, [job])
        return is_new

    async def put_all(self, name: str, jobs: Sequence[QueuedJob], *, once: Sequence[str] = ()) -> list[bool]:
        """Hand jobs to their broker; whether each was new.

        Raises:
            BrokerUnreachable: the broker did not take them.
            QueueNotMigrated: the tables are missing.
        """
        broker = self.broker(name)
        try:
            return await broker.put(jobs, once=once)
        except DatabaseError as error:
            if is_unmigrated(error):
                raise QueueNotMigrated from error
            raise
        except Exception as error:
            if not self.is_outage(error):
                raise
            raise BrokerUnreachable(broker.kind, f"{type(error).__name__}: {error}") from error

    def make(self, prepared: Prepared, *, key: str | None = None) -> QueuedJob:
        """The job to be enqueued.

        Raises:
            JobArgumentsInvalid: the arguments do not fit, or are too large.
            JobUndeclared: the job was replaced by another one of its name.
        """
        declared, options, settings = prepared.job_type, prepared.options, self.settings
        if declared.name not in DECLARED:
            raise JobUndeclared(declared.name, sorted(DECLARED))
        kwargs = declared.arguments.encode(prepared.args, prepared.kwargs, settings.max_payload_bytes)
        meta: dict[Any, Any] = {}
        if context := travelling_context():
            meta["context"] = context
        if declared.version != 1:
            meta["version"] = declared.version
        unique = declared.unique
        if key is None:
            key = options.key
        if key is None:
            key = declared.key_of(kwargs) if unique else token_hex(16)
        return self.broker(options.queue or declared.queue).new_job(
            declared.name,
            kwargs=kwargs,
            key=key[:255],
            timeout=settings.timeout_seconds if declared.timeout is None else declared.timeout,
            retries=declared.retries or settings.retries,
            ttl=settings.result_ttl_seconds if declared.result_ttl is None else declared.result_ttl,
            priority=declared.priority if options.priority is None else options.priority,
            group_key=options.ordering_key,
            scheduled=prepared.due_at(),
            delay_seconds=prepared.delay_seconds(),
            unique_seconds=0.0 if isinstance(unique, bool) else float(unique),
            meta=meta,
        )

    def is_outage(self, error: BaseException) -> bool:
        """Whether an error may pass by itself: a broker or database that is down, busy or slow."""
        if isinstance(error, DatabaseError):
            return error.code in PASSING
        if isinstance(error, OSError | TimeoutError):
            return True
        names = {kind.__name__ for kind in type(error).__mro__ if kind.__module__.partition(".")[0] == "redis"}
        return bool(names) and "DataError" not in names


def is_unmigrated(error: DatabaseError) -> bool:
    """Whether an error says that a table of the queue is missing."""
    text = str(error).replace("no such", "exist")
    return error.code == "database.invalid_statement" and "queue_" in text and "exist" in text
