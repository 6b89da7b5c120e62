"""Schedules: each tick once, through clock changes, outages and several schedulers; on every broker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from glueful_hookspecs import Plugin, hookimpl
from glueful_kernel import create_app
from glueful_orm.plugin import OrmPlugin
from glueful_queue import JobArgumentsInvalid, Schedule, ScheduleInvalid, job
from glueful_queue.plugin import QueuePlugin
from glueful_queue.scheduler import Scheduler, contributed_schedules


@pytest.fixture
def note() -> Any:
    ran: list[str] = []

    @job(name="note")
    async def note(text: str = "x") -> None:
        ran.append(text)

    note.ran = ran  # type: ignore[attr-defined]
    return note


def times(schedule: Schedule, first: datetime, count: int) -> list[str]:
    ticks = schedule.ticks_after(first)
    return [next(ticks).strftime("%m-%dT%H:%M") for _ in range(count)]


# --- the clock on the wall ---


def test_a_daily_job_in_the_hour_that_spring_skips_runs_right_after_it(note: Any) -> None:
    schedule = Schedule(job=note, cron="30 2 * * *", timezone="Europe/Berlin")

    assert times(schedule, datetime(2026, 3, 28, 0, tzinfo=UTC), 3) == ["03-28T01:30", "03-29T01:00", "03-30T00:30"]


def test_a_daily_job_in_the_hour_that_autumn_repeats_runs_once(note: Any) -> None:
    schedule = Schedule(job=note, cron="30 2 * * *", timezone="Europe/Berlin")

    assert times(schedule, datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == ["10-25T00:30", "10-26T01:30"]


def test_a_job_of_every_half_hour_runs_through_both_changes(note: Any) -> None:
    schedule = Schedule(job=note, cron="*/30 * * * *", timezone="Europe/Berlin")

    for first in (datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)):
        ticks = schedule.ticks_after(first)
        assert [next(ticks) - first for _ in range(5)] == [timedelta(minutes=30 * n) for n in range(1, 6)]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"cron": "61 * * * *"}, "is no time"),
        ({"cron": "30 3 30 2 *"}, "is no time"),
        ({"cron": "* * *"}, "is no time"),
        ({"cron": "* * * * *", "timezone": "Europe/Nowhere"}, "is no time zone"),
        ({"cron": "* * * * *", "timezone": "../etc/passwd"}, "is no time zone"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(note: Any, options: Any, problem: str) -> None:
    with pytest.raises(ScheduleInvalid, match=problem):
        Schedule(job=note, **options)


def test_arguments_are_checked_at_once(note: Any) -> None:
    with pytest.raises(JobArgumentsInvalid):
        Schedule(job=note, cron="* * * * *", arguments={"text": 1})


# --- ticks ---

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


async def enqueued(queues: Any, drain: Any) -> int:
    while await queues.outbox.relay():
        pass
    count: int = await drain()
    return count


async def test_a_tick_is_enqueued_once_by_two_schedulers(queues: Any, drain: Any, note: Any) -> None:
    schedule = Schedule(job=note, cron="* * * * *", arguments={"text": "tick"})
    schedulers = [Scheduler(queues, [schedule]) for _ in range(2)]

    counts = []
    for minute in range(4):
        now = NOON + timedelta(minutes=minute, seconds=1)
        counts.append(sum([await scheduler.tick(now) for scheduler in schedulers]))
        await enqueued(queues, drain)

    assert counts == [0, 1, 1, 1]
    assert note.ran == ["tick"] * 3


async def test_two_schedulers_at_the_same_moment_enqueue_a_tick_once(
    queues: Any, drain: Any, note: Any, kind: str
) -> None:
    schedule = Schedule(job=note, cron="* * * * *")
    first, second = (Scheduler(queues, [schedule]) for _ in range(2))
    await asyncio.gather(first.tick(NOON), second.tick(NOON))

    for minute in range(1, 6):
        now = NOON + timedelta(minutes=minute)
        assert sum(await asyncio.gather(first.tick(now), second.tick(now))) == 1
        assert await enqueued(queues, drain) == 1


async def test_a_clock_that_is_set_back_doubles_nothing(queues: Any, drain: Any, note: Any) -> None:
    scheduler = Scheduler(queues, [Schedule(job=note, cron="*/10 * * * *", overlap=True)])
    await scheduler.tick(NOON)
    assert await scheduler.tick(NOON + timedelta(minutes=10)) == 1

    for minutes in (-50, -40, 0, 10):
        assert await scheduler.tick(NOON + timedelta(minutes=minutes)) == 0
    assert await scheduler.tick(NOON + timedelta(minutes=20)) == 1


@pytest.mark.parametrize(("policy", "expected"), [("once", 1), ("skip", 0), ("all", 3)])
async def test_ticks_that_nobody_saw_are_handled_as_the_schedule_says(
    queues: Any, drain: Any, note: Any, policy: Any, expected: int
) -> None:
    scheduler = Scheduler(queues, [Schedule(job=note, cron="0 * * * *", missed=policy, overlap=True)])
    await scheduler.tick(NOON)

    assert await scheduler.tick(NOON + timedelta(hours=3, minutes=30)) == expected
    assert await scheduler.tick(NOON + timedelta(hours=3, minutes=31)) == 0
    assert await scheduler.tick(NOON + timedelta(hours=4)) == 1
    assert await enqueued(queues, drain) == expected + 1


async def test_a_tick_is_left_out_while_the_job_of_an_earlier_one_is_not_done(
    queues: Any, drain: Any, note: Any
) -> None:
    scheduler = Scheduler(queues, [Schedule(job=note, cron="* * * * *")])
    await scheduler.tick(NOON)
    for minute in (1, 2, 3):
        await scheduler.tick(NOON + timedelta(minutes=minute))
    assert await enqueued(queues, drain) == 1

    await scheduler.tick(NOON + timedelta(minutes=4))
    assert await enqueued(queues, drain) == 1


async def test_a_long_outage_costs_no_more_than_a_thousand_jobs(note: Any) -> None:
    schedule = Schedule(job=note, cron="* * * * *", missed="all")

    due = schedule.due(NOON, NOON + timedelta(days=2))

    assert (len(due), due[-1]) == (1_000, NOON + timedelta(days=2))


async def test_plugins_bring_schedules_and_two_of_one_name_are_refused(note: Any) -> None:
    class Acme(Plugin):
        @hookimpl
        def glueful_schedules(self) -> list[Schedule]:
            return [Schedule(job=note, cron="0 3 * * *")] * self.count

        count = 1

    acme = Acme()
    queue = QueuePlugin()
    create_app(plugins=[OrmPlugin(), queue, acme], only=[], settings={})

    assert [schedule.title for schedule in contributed_schedules(queue.hooks)] == ["note"]
    acme.count = 2
    with pytest.raises(ScheduleInvalid, match="there is another one of this name"):
        contributed_schedules(queue.hooks)
