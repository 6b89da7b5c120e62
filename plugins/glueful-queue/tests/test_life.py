"""A queue beside a model of it: enqueue, run, fail, kill, retry, cancel, renew, and let time pass, in any order."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import glueful_queue
import pytest
from glueful_hookspecs import Secret
from glueful_orm import MigrationSource, Migrator, OrmSettings, connect
from glueful_queue import ClaimLost, DatabaseQueue, QueuedJob
from glueful_queue.broker import Outcome
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from saq.job import Status

LEASE = 10.0
MIGRATIONS = MigrationSource("queue", Path(glueful_queue.__file__).parent / "migrations")
DONE = ("complete", "failed", "aborted")


class Expected:
    """What the model knows of a job."""

    def __init__(self, ordering_key: str | None, due: float) -> None:
        self.state = "queued"
        self.ordering_key, self.due = ordering_key, due
        self.attempts = 0
        self.token = ""
        self.ends = 0.0


class Life(RuleBasedStateMachine):
    """One queue; ``runner`` and ``make`` are set for each broker."""

    runner: asyncio.Runner
    make: Any
    names = 0
    claims: Any = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        Life.names += 1
        self.now = 1_900_000_000.0
        self.queue = self.make(f"q{Life.names}", lambda: self.now)
        self.model: dict[str, Expected] = {}

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    @rule(
        key=st.sampled_from("abcdef"),
        ordering_key=st.sampled_from([None, None, "x", "y"]),
        delay=st.sampled_from([0.0, 0.0, 5.0, 50.0]),
    )
    def enqueue(self, key: str, ordering_key: str | None, delay: float) -> None:
        job = self.queue.new_job("f", key=key, group_key=ordering_key, delay_seconds=delay, retries=3, ttl=10**6)
        known = self.model.get(key)
        is_free = known is None or known.state in DONE
        assert self.do(self.queue.put([job])) == [is_free]
        if is_free:
            self.model[key] = Expected(ordering_key, self.now + delay)
            self.model[key].state = "scheduled" if delay else "queued"

    @rule(seconds=st.sampled_from([1.0, 6.0, 11.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.queue.schedule())
        for job in self.model.values():
            if job.state == "scheduled" and job.due <= self.now:
                job.state = "queued"

    @rule(target=claims, limit=st.integers(1, 4))
    def claim(self, limit: int) -> Any:
        jobs: list[QueuedJob] = self.do(self.queue.claim("w", limit))
        assert len(jobs) <= limit
        for job in jobs:
            known = self.model[job.key]
            assert known.state == "queued", "a job is claimed by one worker, and only when it is due"
            known.state, known.token, known.ends = "active", job.token, self.now + LEASE
            known.attempts += 1
            assert job.attempts == known.attempts
        if len(jobs) < limit:
            assert not [one for one in self.model.values() if one.state == "queued" and one.ordering_key is None]
        return multiple(*jobs)

    def _fenced(self, job: QueuedJob, work: Any, state: str, due: float = 0.0) -> None:
        known = self.model[job.key]
        is_held = known.token == job.token and known.state == "active"
        try:
            self.do(work)
        except ClaimLost:
            assert not is_held
        else:
            assert is_held
            known.state, known.token, known.due = state, "", due

    @rule(job=claims)
    def finish(self, job: QueuedJob) -> None:
        self._fenced(job, self.queue.settle(job, Outcome(Status.COMPLETE)), "complete")

    @rule(job=claims)
    def fail_for_good(self, job: QueuedJob) -> None:
        self._fenced(job, self.queue.settle(job, Outcome(Status.FAILED, error="e")), "failed")

    @rule(job=claims, delay=st.sampled_from([0.0, 5.0]))
    def fail(self, job: QueuedJob, delay: float) -> None:
        state = "scheduled" if delay else "queued"
        self._fenced(job, self.queue.release(job, error="e", delay=delay), state, self.now + delay)

    @rule(job=claims)
    def renew(self, job: QueuedJob) -> None:
        known = self.model[job.key]
        held = self.do(self.queue.renew("w", [job])).held
        is_held = known.token == job.token and known.state == "active"
        assert (f"{job.token}:{job.key}" in held) == is_held
        for one in self.model.values() if self.queue.kind != "redis" else [known] if is_held else []:
            if one.state == "active" and one.token:  # the database renews all claims of a worker
                one.ends = self.now + LEASE

    @rule(key=st.sampled_from("abcdef"))
    def cancel_waiting(self, key: str) -> None:
        known = self.model.get(key)
        if known is None or known.state not in ("queued", "scheduled"):
            return
        job = self.do(self.queue.job(key))
        self.do(self.queue.abort(job, "cancelled"))
        known.state = "aborted"

    @rule()
    def take_back_lost(self) -> None:
        lost = {job.key: job for job in self.do(self.queue.lost())}
        expected = {key for key, one in self.model.items() if one.state == "active" and one.ends <= self.now}
        assert set(lost) == expected, "no sooner than its lease ends, and no later"
        for key, job in lost.items():
            self.do(self.queue.release(job, error="lost", delay=0.0))
            self.model[key].state, self.model[key].token = "queued", ""

    @invariant()
    def the_counts_agree(self) -> None:
        states = [one.state for one in self.model.values()]
        waiting = self.do(self.queue.waiting())
        late = sum(one.state == "scheduled" and one.due <= self.now for one in self.model.values())
        assert waiting.active == states.count("active")
        assert (waiting.queued, waiting.scheduled) == (states.count("queued") + late, states.count("scheduled") - late)

    @invariant()
    def one_job_of_an_ordering_key_at_a_time(self) -> None:
        active = [one.ordering_key for one in self.model.values() if one.state == "active" and one.ordering_key]
        assert len(active) == len(set(active))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as found:
        yield found


def test_a_queue_agrees_with_its_model(
    kind: str, database_url: str, request: pytest.FixtureRequest, runner: asyncio.Runner
) -> None:
    stack = AsyncExitStack()

    async def open_all() -> Any:
        engine = await stack.enter_async_context(connect(database_url))
        await Migrator(engine, [MIGRATIONS], OrmSettings()).migrate()
        if kind != "redis":
            return lambda name, clock: DatabaseQueue(engine, name, clock=clock, lease_seconds=LEASE)
        clients = RedisClients(RedisSettings(url=Secret(request.getfixturevalue("redis_url")), prefix="life"))
        stack.push_async_callback(clients.close)
        return lambda name, clock: RedisQueue(
            clients.shared, clients.shared, "life", name, clock=clock, lease_seconds=LEASE
        )

    Life.runner = runner
    Life.make = staticmethod(runner.run(open_all()))
    try:
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        runner.run(stack.aclose())
