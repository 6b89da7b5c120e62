"""The scheduler: each tick becomes one job, whichever of many processes comes first."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from glueful_hookspecs import Hooks
from glueful_orm import transaction

from .errors import ScheduleInvalid
from .outage import Outage
from .schedules import Schedule
from .tables import QueueSchedule

if TYPE_CHECKING:
    from .service import Queues

TICK_SECONDS = 1.0
_log = logging.getLogger("glueful.queue")


def contributed_schedules(hooks: Hooks) -> list[Schedule]:
    """The schedules of all plugins.

    Raises:
        ScheduleInvalid: two have one name, or a plugin returned something else.
    """
    found: dict[str, Schedule] = {}
    for plugin, schedules in hooks.contributions("glueful_schedules"):
        for schedule in schedules:
            if not isinstance(schedule, Schedule):
                raise ScheduleInvalid(repr(schedule), f"glueful_schedules of {plugin} returned no Schedule")
            if schedule.title in found:
                raise ScheduleInvalid(schedule.title, f"there is another one of this name; {plugin} brings the second")
            found[schedule.title] = schedule
    return list(found.values())


class Scheduler:
    """Enqueues the jobs of schedules; any number of processes may run one.

    The last tick of each is a row of the database: who moves it on, in the transaction in which the job is enqueued (or
    written into the outbox), is the one that enqueues it. The time is the database's, so that clocks may differ.

    Args:
        queues: of the application.
        schedules: to keep.
    """

    name = "queue.schedules"

    def __init__(self, queues: "Queues", schedules: Sequence[Schedule]) -> None:
        self._queues = queues
        self._schedules = list(schedules)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Enqueue what is due, once a second, until ``stop``."""
        outage = Outage("schedules cannot be kept")
        while not self._stopping.is_set():
            pause = TICK_SECONDS
            try:
                await self.tick(await self._queues.database_now())
            except Exception as error:
                if not self._queues.is_outage(error):
                    _log.exception("a schedule cannot be kept")
                pause = max(outage.failed(error), TICK_SECONDS)
            else:
                outage.ended()
            try:
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def stop(self, grace_seconds: float) -> None:  # noqa: ARG002 - it ends at once
        """Enqueue nothing more."""
        self._stopping.set()

    async def tick(self, now: datetime) -> int:
        """Enqueue what is due at ``now``; how many jobs that were."""
        known = {row.name: row.ticked_at for row in await QueueSchedule.all()}
        count = 0
        for schedule in self._schedules:
            last = known.get(schedule.title)
            if last is None:
                await self._begin(schedule, now)
                continue
            for tick in schedule.due(last.astimezone(UTC), now):
                count += await self._enqueue(schedule, tick)
        return count

    @staticmethod
    async def _begin(schedule: Schedule, now: datetime) -> None:
        """A schedule that is seen for the first time has missed nothing."""
        await QueueSchedule.upsert([{"name": schedule.title, "ticked_at": now}], unique=["name"], update=())

    async def _enqueue(self, schedule: Schedule, tick: datetime) -> bool:
        async with transaction():
            moved = await QueueSchedule.where(name=schedule.title, ticked_at__lt=tick).update(ticked_at=tick)
            if not moved:
                return False
            job = self._queues.make(schedule.prepared(), key=schedule.key(tick))
            handle = await self._queues.enqueue_job(job, by_outbox=True)
        if handle.is_new is False:
            _log.warning("%s was due and was left out: the job of an earlier tick is not done", schedule.title)
        return handle.is_new is not False
