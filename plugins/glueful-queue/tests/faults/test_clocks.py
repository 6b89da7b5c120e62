"""Clocks that are wrong: workers an hour ahead and an hour behind, in processes of their own."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from glueful_queue import FailedJob
from glueful_queue.tables import QueueSchedule

SCRIPT = Path(__file__).with_name("worker_process.py")
pytestmark = pytest.mark.xdist_group("queue-processes")


@pytest.fixture
def lease_seconds() -> float:
    """Long enough for a loaded machine: it is an hour that would be noticed."""
    return 3.0


@pytest.mark.parametrize("kind", ["postgres", "redis"])
async def test_workers_whose_clocks_are_an_hour_ahead_and_behind_keep_claims_delays_and_pauses(
    kind: str, processes: Any, jobs: Any
) -> None:
    """All times are the broker's: each worker would else take the other's jobs for lost, or wait for an hour."""
    for hours in ("1", "-1"):
        await processes.start(WORKER_CLOCK_HOURS=hours)
    began = time.monotonic()
    handles = [await jobs.stumbles.enqueue(f"job{number}", 2.5) for number in range(6)]
    delayed = await jobs.note.using(delay=1.5).enqueue("delayed")
    await processes.until(lambda: "delayed" in processes.lines(), 20)
    waited = time.monotonic() - began
    for handle in handles:
        await handle.result(30)

    assert 1.4 < waited < 15
    assert (await delayed.job()).attempts == 1
    lines = [line.split() for line in processes.lines() if line != "delayed"]
    for number in range(6):
        first, second, end = [line for line in lines if line[0] == f"job{number}"]
        assert (first[1], second[1], end[1]) == ("1", "2", "ends"), "no attempt was taken for lost or ended early"
        assert 0.9 < float(second[2]) - float(first[2]) < 15
    assert await FailedJob.where().count() == 0
    assert len({(await handle.job()).attempts for handle in handles}) == 1


SCHEDULING = """
import asyncio, runpy, sys, time
sys.argv = ["worker_process.py"]
jobs = runpy.run_path({script!r})
jobs["skew_clock"]({hours})
from datetime import UTC, datetime
from glueful_orm import connect
from glueful_queue import DatabaseQueue, Queues, QueueSettings, Schedule
from glueful_queue.binding import bind
from glueful_queue.scheduler import Scheduler

async def main():
    async with connect({url!r}) as engine:
        queues = Queues(QueueSettings(), lambda name: DatabaseQueue(engine, name), is_transactional=True, engine=engine)
        bind(queues)
        schedule = Schedule(job=jobs["note"], cron={cron!r}, arguments={{"text": "tick"}}, overlap=True)
        scheduler = Scheduler(queues, [schedule])
        print(await scheduler.tick(await queues.database_now()), datetime.now(UTC).timestamp(), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["postgres"])
async def test_schedulers_whose_clocks_are_hours_apart_enqueue_no_tick_early_and_none_twice(
    kind: str, queues: Any, engine: Any, database_url: str, clock: Any
) -> None:
    """A tick is due by the database's clock: one was 21 hours ago, the next is in three, whatever schedulers think."""
    now = datetime.now(UTC)
    due = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=21)
    await QueueSchedule.insert_many([{"name": "process.note", "ticked_at": due - timedelta(days=1)}])

    ticks, clocks = [], []
    for hours in (5, -25, 0):
        code = SCHEDULING.format(script=str(SCRIPT), hours=hours, cron=f"0 {due.hour} * * *", url=database_url)
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        tick, thought = done.stdout.split()
        ticks.append(int(tick))
        clocks.append(round((float(thought) - now.timestamp()) / 3600))

    assert clocks == [5, -25, 0]
    assert ticks == [1, 0, 0]
    (row,) = await QueueSchedule.all()
    assert row.ticked_at.astimezone(UTC) == due
    assert await queues.broker().count("queued") == 1
