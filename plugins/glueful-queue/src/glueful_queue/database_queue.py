"""The brokers ``postgres`` and ``sqlite``: jobs are rows of the application's database."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_orm import Engine, UniqueViolation, after_commit
from saq.job import Job, Status
from saq.types import CountKind, QueueInfo, WorkerInfo

from .broker import ALONE, FOREVER_MS, Broker, ClaimLost, GroupCount, Outcome, Renewal, Waiting
from .database_statements import COLUMN_COUNT, Statements
from .record import STATUSES, QueuedJob, decode_payload, encode_payload, packed

if TYPE_CHECKING:
    from .job_news import JobNews

ROWS_A_STATEMENT = 50
INCOMPLETE = "('queued', 'scheduled', 'active', 'aborting')"
_decode_result = msgspec.json.decode


class DatabaseQueue(Broker):
    """A queue in a table of the database that the application has anyway.

    Enqueueing inside a transaction is part of it. Claims use ``FOR UPDATE SKIP LOCKED`` on PostgreSQL, and no lock that
    outlives its statement; SQLite lets one process write at a time, and the broker sends no statement that takes long.

    Args:
        engine: open.
        name: of the queue.
        options: see ``Broker``.

    Attributes:
        others: tells other processes of jobs, and hears of theirs; None to find these by polling alone.
    """

    others: "JobNews | None" = None

    def __init__(self, engine: Engine, name: str = "default", **options: Any) -> None:
        super().__init__(name, **options)
        self.engine = engine
        self.kind = engine.dialect
        self._do = Statements(engine.dialect, self.max_payload_bytes)

    def __repr__(self) -> str:
        return f"DatabaseQueue({self.name!r}, {self.engine!r})"

    def _now(self) -> int | None:
        if self.clock is not None:
            return int(self.clock() * 1000)
        return None if self.engine.dialect == "postgres" else int(datetime.now(UTC).timestamp() * 1000)

    async def _fetch(self, sql: str, *args: Any) -> list[Any]:
        return await self.engine.fetch(sql, (self._now(), self.name, *args))

    async def _execute(self, sql: str, *args: Any) -> int:
        return await self.engine.execute(sql, (self._now(), self.name, *args))

    async def disconnect(self) -> None:
        """Stop listening; the engine belongs to the application."""
        if self.others is not None:
            await self.others.close()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for news of this queue, here or in another process, at most ``poll_seconds``."""
        if self.others is not None:
            self.others.hear(self.name, self.news)
        await super().wait(seconds)

    async def _announce(self) -> None:
        """Let workers look for jobs, here and elsewhere, once they can see them."""
        await after_commit(self.wake)
        if self.others is not None:
            await after_commit(partial(self.others.tell, self.name))

    # --- rows ---

    def _job(self, row: Sequence[Any]) -> QueuedJob:
        key, state, attempts, token, worker, queued, started, touched, finished, progress, error, result = row[:12]
        due, unique_until, payload = row[12:COLUMN_COUNT]
        raw = None if payload is None else bytes(payload)
        values, broken = decode_payload(raw, self.max_payload_bytes)
        if state == "scheduled":
            values["scheduled"] = due / 1000
        return QueuedJob(
            **values,
            queue=self,
            key=key,
            status=STATUSES[state],
            attempts=attempts,
            token=token or "",
            worker_id=worker,
            queued=queued,
            started=started,
            touched=touched,
            completed=finished,
            progress=progress,
            error=error,
            result=None if result is None else _decode_result(bytes(result)),
            unique_seconds=max(unique_until - queued, 0) / 1000,
            broken=broken,
            raw=raw or b"",
        )

    # --- enqueueing ---

    async def put(self, jobs: Sequence[QueuedJob], *, once: Sequence[str] = ()) -> list[bool]:  # noqa: ARG002 - no outbox is needed
        """Enqueue jobs, as part of the transaction of this context."""
        taken: set[str] = set()
        for first in range(0, len(jobs), ROWS_A_STATEMENT):
            # One statement cannot write a key twice.
            part = {job.key: job for job in jobs[first : first + ROWS_A_STATEMENT] if job.key not in taken}
            values: list[Any] = []
            for job in part.values():
                values += self._values(job)
            rows = await self._fetch(self._do.put(len(part)), *values)
            taken.update(row[0] for row in rows)
        first_of: set[str] = set()
        news = [job.key in taken and not (job.key in first_of or first_of.add(job.key)) for job in jobs]  # type: ignore[func-returns-value]
        if any(news):
            await self._announce()
        return news

    def _values(self, job: QueuedJob) -> tuple[Any, ...]:
        is_due = not job.scheduled and not job.delay_seconds
        return (
            job.key,
            "queued" if is_due else "scheduled",
            job.priority,
            job.group_key,
            int(job.scheduled * 1000),
            int(job.delay_seconds * 1000),
            int(job.unique_seconds * 1000),
            encode_payload(job),
        )

    # --- claims ---

    async def claim(self, worker_id: str, limit: int) -> list[QueuedJob]:
        """Claim jobs."""
        token = token_hex(8)
        args = (limit, token, worker_id, int(self.lease_seconds * 1000))
        try:
            rows = await self._fetch(self._do.claim_ordered, *args)
        except UniqueViolation:
            # Two workers began jobs with one ordering key in the same moment: the constraint let one of them.
            rows = await self._fetch(self._do.claim_unordered, *args)
        return [self._job(row[2:]) for row in sorted(rows, key=lambda row: (row[0], row[1]))]

    async def schedule(self, _lock: int = 1) -> list[str]:
        """Make jobs claimable whose time has come."""
        keys = [row[0] for row in await self._fetch(self._do.due)]
        if keys:
            await self._announce()
        return keys

    async def renew(self, worker_id: str, held: Sequence[QueuedJob]) -> Renewal:
        """Hold the worker's claims for another lease."""
        tokens = json.dumps(sorted({job.token for job in held}))
        rows = await self._fetch(self._do.renew, worker_id, int(self.lease_seconds * 1000), tokens)
        return Renewal(
            frozenset(f"{row[1]}:{row[0]}" for row in rows),
            frozenset(row[0] for row in rows if row[2] == "aborting"),
        )

    async def aborting(self, worker_id: str, held: Sequence[QueuedJob]) -> set[str]:  # noqa: ARG002 - the rows tell
        """The keys of this worker's jobs that somebody wants to be stopped."""
        sql = self._do.sql("SELECT key FROM queue_jobs WHERE worker = $1 AND queue = $2 AND state = 'aborting'")
        return {row[0] for row in await self.engine.fetch(sql, (worker_id, self.name))}

    async def release(
        self, job: QueuedJob, *, error: str | None, delay: float, counts: bool = True, alone: bool = False
    ) -> None:
        """Give a claimed job back."""
        args = (job.key, job.token, int(delay * 1000), error, 0 if counts else 1, ALONE if alone else None)
        if not await self._execute(self._do.release, *args):
            raise ClaimLost(job.key)
        if delay <= 0:
            await self._announce()

    async def settle(self, job: QueuedJob, outcome: Outcome) -> QueuedJob | None:
        """Store an outcome, in one transaction with what follows from it."""
        if not outcome.follow and outcome.group is None:
            await self._settle(job, outcome)
            return None
        async with self.engine.transaction():
            await self._settle(job, outcome)
            for follow in outcome.follow:
                await self.sibling(follow.queue).put([follow])
            return await self._count(outcome) if outcome.group is not None else None

    async def _settle(self, job: QueuedJob, outcome: Outcome) -> None:
        if job.ttl < 0 and job.unique_seconds <= 0:
            count = await self.engine.execute(self._do.remove, (self.name, job.key, job.token))
        else:
            keep = FOREVER_MS // 2 if job.ttl == 0 else int(max(job.ttl, 0) * 1000)
            is_complete = outcome.status is Status.COMPLETE
            result = None if outcome.result is None else msgspec.json.encode(outcome.result)
            progress = 1.0 if is_complete else job.progress
            args = (job.key, job.token, outcome.status.value, result, outcome.error, keep, progress)
            count = await self._execute(self._do.settle, *args)
        if not count:
            raise ClaimLost(job.key)
        if job.group_key is not None:
            await self._announce()

    async def _count(self, outcome: Outcome) -> QueuedJob | None:
        column = "complete" if outcome.status is Status.COMPLETE else "failed"
        rows = await self.engine.fetch(
            self._do.sql(
                f"UPDATE queue_groups SET {column} = {column} + 1 WHERE id = $1 "
                "RETURNING total - complete - failed, follow"
            ),
            (outcome.group,),
        )
        if not rows or rows[0][0] != 0 or rows[0][1] is None:
            return None
        follow = self.unpacked(bytes(rows[0][1]))
        await self.sibling(follow.queue).put([follow])
        return follow

    async def lost(self, limit: int = 100) -> list[QueuedJob]:
        """Take over jobs whose lease has ended."""
        rows = await self._fetch(self._do.lost, limit, token_hex(8), int(self.lease_seconds * 1000))
        return [self._job(row) for row in rows]

    async def forget_expired(self, limit: int = 500) -> int:
        """Remove what is kept no longer."""
        count = 0
        while (removed := await self._execute(self._do.expired, limit)) > 0:
            count += removed
            if removed < limit:
                break
        now = self._now()
        for table in ("queue_groups", "queue_workers"):
            await self.engine.execute(
                self._do.sql(f"DELETE FROM {table} WHERE expires_ms <= {{now}}"),
                (now,),
            )
        return count

    # --- SAQ's interface ---

    async def _update(self, job: Job, status: Status | None = None, **kwargs: Any) -> None:
        token = getattr(job, "token", "")
        payload = encode_payload(job) if kwargs.keys() - {"progress", "error", "result"} else None
        state = None if status is None else status.value
        args = (job.key, token, job.progress, payload, state, job.error)
        if not await self._execute(self._do.progress, *args):
            raise ClaimLost(job.key)

    async def job(self, job_key: str) -> Job | None:
        """A job by its key; None if there is none, any more."""
        (found,) = await self.jobs([job_key])
        return found

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        """Jobs by their keys."""
        keys = list(job_keys)
        found: dict[str, QueuedJob] = {}
        for first in range(0, len(keys), 500):
            part = keys[first : first + 500]
            marks = ", ".join(f"${index}" for index in range(2, len(part) + 2))
            sql = self._do.sql(f"SELECT {{columns}} FROM queue_jobs WHERE queue = $1 AND key IN ({marks})")
            for row in await self.engine.fetch(sql, (self.name, *part)):
                found[row[0]] = self._job(row)
        return [found.get(key) for key in keys]

    async def iter_jobs(
        self,
        statuses: list[Status] = list(Status),  # noqa: B006 - SAQ's signature
        batch_size: int = 100,
    ) -> AsyncIterator[Job]:
        """Jobs with these statuses, oldest first."""
        states = [state for state, status in STATUSES.items() if status in statuses]
        marks = ", ".join(f"${index}" for index in range(4, len(states) + 4))
        sql = self._do.sql(
            "SELECT id, {columns} FROM queue_jobs WHERE queue = $1 AND id > $2 "
            f"AND state IN ({marks}) ORDER BY id LIMIT $3"
        )
        after = 0
        while states and (rows := await self.engine.fetch(sql, (self.name, after, batch_size, *states))):
            after = rows[-1][0]
            for row in rows:
                yield self._job(row[1:])

    async def count(self, kind: CountKind) -> int:
        """How many jobs are queued, active or incomplete."""
        waiting = await self.waiting()
        counts = {"queued": waiting.queued, "active": waiting.active}
        counts["incomplete"] = waiting.queued + waiting.active + waiting.scheduled
        if kind not in counts:
            raise ValueError(f"cannot count {kind}")
        return counts[kind]

    async def info(self, jobs: bool = False, offset: int = 0, limit: int = 10) -> QueueInfo:
        """Counts, workers and, if asked for, incomplete jobs."""
        waiting = await self.waiting()
        sql = "SELECT id, info FROM queue_workers WHERE queue = $2 AND expires_ms >= {now}"
        rows = await self._fetch(self._do.sql(sql))
        shown: list[dict[str, Any]] = []
        if jobs:
            sql = (
                f"SELECT {{columns}} FROM queue_jobs WHERE queue = $1 AND state IN {INCOMPLETE} "
                "ORDER BY state, due_ms, id LIMIT $2 OFFSET $3"
            )
            found = await self.engine.fetch(self._do.sql(sql), (self.name, limit, offset))
            shown = [self._job(row).to_dict() for row in found]
        return {
            "workers": {row[0]: json.loads(bytes(row[1])) for row in rows},
            "name": self.name,
            "queued": waiting.queued,
            "active": waiting.active,
            "scheduled": waiting.scheduled,
            "jobs": shown,
        }

    async def abort(self, job: Job, error: str, ttl: float = 5) -> None:  # noqa: ARG002 - SAQ's signature
        """Cancel a job: at once if it waits, else its worker stops it within a second or two."""
        keep = FOREVER_MS // 2 if job.ttl == 0 else int(max(job.ttl, 0) * 1000)
        job.error = error
        if await self._execute(self._do.abort_waiting, job.key, error, keep):
            job.status = Status.ABORTED
            self.aborted += 1
        elif await self.engine.execute(self._do.abort_active, (self.name, job.key, error)):
            job.status = Status.ABORTING

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        """Say that a worker is alive for ``ttl`` seconds."""
        sql = (
            "INSERT INTO queue_workers (id, queue, info, expires_ms) VALUES ($3, $2, $4, {now} + CAST($5 AS BIGINT)) "
            "ON CONFLICT (id) DO UPDATE SET info = excluded.info, expires_ms = excluded.expires_ms"
        )
        await self._execute(self._do.sql(sql), worker_id, msgspec.json.encode(info), int(ttl * 1000))

    # --- groups and operating ---

    async def new_group(self, group: str, total: int, follow: QueuedJob | None, ttl_seconds: float) -> None:
        """Begin to count."""
        raw = None if follow is None else packed(follow)
        sql = (
            "INSERT INTO queue_groups (id, total, complete, failed, follow, expires_ms) "
            "VALUES ($2, $3, 0, 0, $4, {now} + CAST($5 AS BIGINT))"
        )
        args = (self._now(), group, total, raw, int(ttl_seconds * 1000))
        await self.engine.execute(self._do.sql(sql), args)

    async def group_count(self, group: str) -> GroupCount | None:
        """How far a group is."""
        sql = self._do.sql("SELECT total, complete, failed FROM queue_groups WHERE id = $1")
        rows = await self.engine.fetch(sql, (group,))
        return GroupCount(*rows[0]) if rows else None

    async def pause(self) -> None:
        """Take no more jobs."""
        sql = "INSERT INTO queue_pauses (queue, paused_at) VALUES ($1, $2) ON CONFLICT (queue) DO NOTHING"
        await self.engine.execute(self._do.sql(sql), (self.name, datetime.now(UTC)))

    async def resume(self) -> None:
        """Take jobs again."""
        await self.engine.execute(self._do.sql("DELETE FROM queue_pauses WHERE queue = $1"), (self.name,))
        await self._announce()

    async def waiting(self) -> Waiting:
        """How much waits."""
        ((queued, scheduled, active, oldest, now, paused),) = await self._fetch(self._do.waiting)
        age = 0.0 if oldest is None else max(now - oldest, 0) / 1000
        return Waiting(queued or 0, scheduled or 0, active or 0, age, bool(paused))
