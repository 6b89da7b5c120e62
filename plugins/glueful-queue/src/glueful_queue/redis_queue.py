"""The broker ``redis``: each step of a job's life is one script."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from secrets import token_hex
from typing import Any, TypeAlias

import msgspec
from saq.job import Job, Status
from saq.types import CountKind, QueueInfo, WorkerInfo

from . import redis_scripts as scripts
from .broker import ALONE, Broker, ClaimLost, GroupCount, Outcome, Renewal, Waiting
from .record import STATUSES, QueuedJob, decode_payload, encode_payload

MOST_PRIORITY = 4_000
JOBS_A_SCRIPT = 100
VALUES_A_JOB = 4
Unsent: TypeAlias = tuple[Sequence[QueuedJob], Sequence[str], "asyncio.Future[list[bool]]"]
_text = msgspec.json.decode


class RedisQueue(Broker):
    """A queue in Redis 6.2 or newer, Valkey, or a cluster of them.

    Args:
        redis: for commands that are answered at once; its answers are bytes.
        blocking: for the one command of each idle worker that blocks.
        prefix: what keys begin with.
        name: of the queue.
        options: see ``Broker``.
    """

    def __init__(self, redis: Any, blocking: Any, prefix: str, name: str = "default", **options: Any) -> None:
        super().__init__(name, **options)
        self.kind = "redis"
        self._redis, self._blocking = redis, blocking
        self._prefix = prefix
        self.base = f"{prefix}:{{queue}}:{name}:"
        self._scripts: dict[str, Any] = {}
        self._listener: asyncio.Task[Any] | None = None
        self._unsent: deque[Unsent] = deque()
        self._is_sending = False
        self._sender: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"RedisQueue({self.name!r})"

    async def _run(self, script: str, *args: Any) -> Any:
        found = self._scripts.get(script)
        if found is None:
            found = self._scripts[script] = self._redis.register_script(scripts.PRELUDE + script)
        now = -1 if self.clock is None else int(self.clock() * 1000)
        return await found(keys=(self.base, f"{self.base}-"), args=(now, *args))

    async def disconnect(self) -> None:
        """Stop listening; the clients belong to glueful-redis."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for news of this queue, here or in Redis, at most ``poll_seconds``."""
        limit = self.poll_seconds if seconds is None else min(seconds, self.poll_seconds)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name=f"glueful-queue-{self.name}")
        await super().wait(limit)

    async def _listen(self) -> None:
        try:
            if await self._blocking.blpop([f"{self.base}wake"], timeout=self.poll_seconds):
                self.news.set()
        except Exception:
            return  # the next claim meets the same fault, tells it and waits

    def _job(self, fields: Sequence[Any] | None) -> QueuedJob | None:
        if not fields:
            return None
        state, attempts, token, worker, queued, started, touched, finished, progress, error, result = fields[:11]
        unique, due, payload, key = fields[11:15]
        values, broken = decode_payload(payload, self.max_payload_bytes)
        state = state.decode()
        if state == "scheduled" and due is not None:
            values["scheduled"] = float(due) / 1000
        enqueued = int(queued or 0)
        return QueuedJob(
            **values,
            queue=self,
            key=key.decode(),
            status=STATUSES[state],
            attempts=int(attempts or 0),
            token=token.decode() if token else "",
            worker_id=worker.decode() if worker else None,
            queued=enqueued,
            started=int(started or 0),
            touched=int(touched or 0),
            completed=int(finished or 0),
            progress=float(progress or 0),
            error=error.decode("utf-8", "replace") if error else None,
            result=_text(result) if result else None,
            unique_seconds=max(int(float(unique or 0)) - enqueued, 0) / 1000,
            broken=broken,
            raw=payload or b"",
        )

    def _jobs(self, rows: Iterable[Any]) -> list[QueuedJob]:
        return [job for job in map(self._job, rows) if job is not None]

    # --- enqueueing ---

    async def put(self, jobs: Sequence[QueuedJob], *, once: Sequence[str] = ()) -> list[bool]:
        """Enqueue jobs. What other tasks want to enqueue while this one waits for Redis is sent together, after it."""
        if not self._is_sending:
            self._is_sending = True
            try:
                return await self._put([(jobs, once)])
            finally:
                if self._unsent:
                    self._sender = asyncio.create_task(self._send(), name=f"glueful-enqueue-{self.name}")
                else:
                    self._is_sending = False
        answer: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._unsent.append((jobs, once, answer))
        return await answer

    async def _send(self) -> None:
        while self._unsent:
            part: list[Unsent] = []
            size = 0
            while self._unsent and (not part or size + len(self._unsent[0][0]) <= JOBS_A_SCRIPT):
                part.append(self._unsent.popleft())
                size += len(part[-1][0])
            try:
                news = await self._put([(jobs, once) for jobs, once, _ in part])
            except Exception as error:
                for _, _, answer in part:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for jobs, _, answer in part:
                if not answer.done():
                    answer.set_result(news[: len(jobs)])
                del news[: len(jobs)]
        self._is_sending = False

    async def _put(self, parts: Sequence[tuple[Sequence[QueuedJob], Sequence[str]]]) -> list[bool]:
        news: list[bool] = []
        args: list[Any] = []
        for jobs, once in parts:
            for index, job in enumerate(jobs):
                args += (once[index] if once else "", job.key, terms(job), encode_payload(job))
        for first in range(0, len(args), VALUES_A_JOB * JOBS_A_SCRIPT):
            part = args[first : first + VALUES_A_JOB * JOBS_A_SCRIPT]
            news += map(bool, await self._run(scripts.PUT, *part))
        if any(news):
            self.wake()
        return news

    # --- claims ---

    async def claim(self, worker_id: str, limit: int) -> list[QueuedJob]:
        """Claim jobs."""
        lease = int(self.lease_seconds * 1000)
        return self._jobs(await self._run(scripts.CLAIM, limit, token_hex(8), worker_id, lease, self.max_payload_bytes))

    async def schedule(self, _lock: int = 1) -> list[str]:
        """Make jobs claimable whose time has come."""
        keys = [key.decode() for key in await self._run(scripts.MAKE_DUE)]
        if keys:
            self.wake()
        return keys

    async def renew(self, worker_id: str, held: Sequence[QueuedJob]) -> Renewal:  # noqa: ARG002 - the tokens tell
        """Hold the worker's claims for another lease. A job that Redis has forgotten can be nobody else's."""
        pairs = [part for job in held for part in (job.key, job.token)]
        answers = await self._run(scripts.RENEW, int(self.lease_seconds * 1000), *pairs)
        found = list(zip(held, answers, strict=True))
        return Renewal(
            frozenset(f"{job.token}:{job.key}" for job, answer in found if answer),
            frozenset(job.key for job, answer in found if answer == 2),
        )

    async def aborting(self, worker_id: str, held: Sequence[QueuedJob]) -> set[str]:  # noqa: ARG002 - as above
        """The keys of this worker's jobs that somebody wants to be stopped."""
        return {key.decode() for key in await self._run(scripts.ABORTING, *(job.key for job in held))}

    async def release(
        self, job: QueuedJob, *, error: str | None, delay: float, counts: bool = True, alone: bool = False
    ) -> None:
        """Give a claimed job back."""
        args = (job.key, job.token, int(delay * 1000), error or "", 0 if counts else 1, ALONE if alone else "")
        if not await self._run(scripts.RELEASE, *args):
            raise ClaimLost(job.key)
        if delay <= 0:
            self.wake()

    async def settle(self, job: QueuedJob, outcome: Outcome) -> QueuedJob | None:
        """Store an outcome, and what follows from it."""
        follow: list[Any] = []
        for other in outcome.follow:
            queue = self.sibling(other.queue)
            follow += (getattr(queue, "base", self.base), other.key, priority(other), encode_payload(other))
        answer = await self._run(
            scripts.SETTLE,
            *(job.key, job.token, outcome.status.value),
            b"" if outcome.result is None else msgspec.json.encode(outcome.result),
            outcome.error or "",
            int(job.ttl * 1000),
            self._group(outcome.group) if outcome.group else "",
            *follow,
        )
        if not answer[0]:
            raise ClaimLost(job.key)
        if job.group_key is not None:
            self.wake()
        if len(answer) < 2:
            return None
        name = answer[1].decode().rsplit(":", 2)[1]
        values, _ = decode_payload(answer[3], self.max_payload_bytes)
        return self.siblings(name).new_job(**values, key=answer[2].decode())

    async def lost(self, limit: int = 100) -> list[QueuedJob]:
        """Take over jobs whose lease has ended."""
        lease = int(self.lease_seconds * 1000)
        return self._jobs(await self._run(scripts.LOST, limit, token_hex(8), lease, self.max_payload_bytes))

    async def forget_expired(self, limit: int = 500) -> int:  # noqa: ARG002 - the interface's
        """Nothing: Redis does it."""
        return 0

    # --- SAQ's interface ---

    def job_id(self, job_key: str) -> str:
        """The key of a job's hash."""
        return f"{self.base}job:{job_key}"

    async def _update(self, job: Job, status: Status | None = None, **kwargs: Any) -> None:
        payload = encode_payload(job) if kwargs.keys() - {"progress", "error", "result"} else b""
        state = "" if status is None else status.value
        args = (job.key, getattr(job, "token", ""), job.progress, payload, state, job.error or "")
        if not await self._run(scripts.UPDATE, *args):
            raise ClaimLost(job.key)

    async def job(self, job_key: str) -> Job | None:
        """A job by its key; None if there is none, any more."""
        (found,) = await self.jobs([job_key])
        return found

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        """Jobs by their keys."""
        keys = list(job_keys)
        found: list[Job | None] = []
        for first in range(0, len(keys), JOBS_A_SCRIPT):
            part = keys[first : first + JOBS_A_SCRIPT]
            found += map(self._job, await self._run(scripts.READ, self.max_payload_bytes, *part))
        return found

    async def iter_jobs(
        self,
        statuses: list[Status] = list(Status),  # noqa: B006 - SAQ's signature
        batch_size: int = 100,
    ) -> AsyncIterator[Job]:
        """Jobs with these statuses, in no order."""
        start = len(self.job_id(""))
        keys: list[str] = []
        async for found in self._redis.scan_iter(match=f"{_quoted(self.base)}job:*", count=batch_size):
            keys.append(found.decode()[start:])
            if len(keys) >= batch_size:
                for job in await self.jobs(keys):
                    if job is not None and job.status in statuses:
                        yield job
                keys.clear()
        for job in await self.jobs(keys) if keys else []:
            if job is not None and job.status in statuses:
                yield job

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
        workers: dict[str, WorkerInfo] = {}
        for worker in await self._redis.smembers(f"{self.base}workers"):
            raw = await self._redis.get(f"{self.base}worker:{worker.decode()}")
            if raw is None:
                await self._redis.srem(f"{self.base}workers", worker)
            else:
                workers[worker.decode()] = json.loads(raw)
        shown: list[dict[str, Any]] = []
        if jobs:
            keys: list[str] = []
            for name in ("active", "queued", "blocked", "due"):
                keys += [key.decode() for key in await self._redis.zrange(f"{self.base}{name}", 0, offset + limit - 1)]
            found = await self.jobs(dict.fromkeys(keys))
            shown = [job.to_dict() for job in found if job is not None][offset : offset + limit]
        return {
            "workers": workers,
            "name": self.name,
            "queued": waiting.queued,
            "active": waiting.active,
            "scheduled": waiting.scheduled,
            "jobs": shown,
        }

    async def abort(self, job: Job, error: str, ttl: float = 5) -> None:  # noqa: ARG002 - SAQ's signature
        """Cancel a job: at once if it waits, else its worker stops it within a second or two."""
        job.error = error
        answer = await self._run(scripts.ABORT, job.key, error, int(job.ttl * 1000))
        if answer == 1:
            job.status = Status.ABORTED
            self.aborted += 1
        elif answer == 2:
            job.status = Status.ABORTING

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        """Say that a worker is alive for ``ttl`` seconds."""
        await self._redis.set(f"{self.base}worker:{worker_id}", msgspec.json.encode(info), ex=max(int(ttl), 1))
        await self._redis.sadd(f"{self.base}workers", worker_id)
        await self._redis.expire(f"{self.base}workers", 86_400)

    # --- groups and operating ---

    def _group(self, group: str) -> str:
        return f"{self._prefix}:{{queue}}:group:{group}"

    async def new_group(self, group: str, total: int, follow: QueuedJob | None, ttl_seconds: float) -> None:
        """Begin to count."""
        values: dict[str, Any] = {"total": total, "complete": 0, "failed": 0}
        if follow is not None:
            queue = self.sibling(follow.queue)
            values |= {
                "follow_base": getattr(queue, "base", self.base),
                "follow_key": follow.key,
                "follow_prio": priority(follow),
                "follow": encode_payload(follow),
            }
        await self._redis.hset(self._group(group), mapping=values)
        await self._redis.expire(self._group(group), max(int(ttl_seconds), 1))

    async def group_count(self, group: str) -> GroupCount | None:
        """How far a group is."""
        found = await self._redis.hmget(self._group(group), ["total", "complete", "failed"])
        return None if found[0] is None else GroupCount(*map(int, found))

    async def pause(self) -> None:
        """Take no more jobs."""
        await self._redis.set(f"{self.base}paused", "1")

    async def resume(self) -> None:
        """Take jobs again."""
        await self._redis.delete(f"{self.base}paused")
        self.wake()

    async def waiting(self) -> Waiting:
        """How much waits."""
        queued, scheduled, active, age, paused = await self._run(scripts.WAITING)
        return Waiting(queued, scheduled, active, age / 1000, bool(paused))


def priority(job: Job) -> int:
    """A priority that leaves room for 2^40 jobs of each in a score."""
    return max(-MOST_PRIORITY, min(job.priority, MOST_PRIORITY))


def terms(job: QueuedJob) -> bytes:
    """Priority, ordering key, when it is due, after which delay, and how long its key is kept; times in milliseconds.

    Most jobs name none of these: then it is empty.
    """
    if not (job.priority or job.group_key or job.scheduled or job.delay_seconds or job.unique_seconds):
        return b""
    times = [int(seconds * 1000) for seconds in (job.scheduled, job.delay_seconds, job.unique_seconds)]
    return msgspec.json.encode([priority(job), job.group_key or "", *times])


def _quoted(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in text)
