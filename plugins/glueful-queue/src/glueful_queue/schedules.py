"""Jobs that run by the clock: when each is due."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError

from .errors import ScheduleInvalid
from .job_types import JobType, Prepared

MOST_MISSED = 1_000


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job that runs by the clock: ``Schedule(job=prune, cron="30 3 * * *", timezone="Europe/Berlin")``.

    Clock changes are handled as Debian's cron does: a time that is skipped in spring runs right after the gap, one that
    comes twice in autumn runs once; a schedule of every hour or minute runs through both.

    Raises:
        ScheduleInvalid: the expression or the time zone cannot be read, or the arguments do not fit.
    """

    job: JobType[..., Any]
    cron: str
    """Five fields, as in crontab(5): minute, hour, day of month, month, day of week."""
    timezone: str = "UTC"
    """Name of a zone in the IANA database."""
    name: str = ""
    """Unique among all schedules; by default that of the job. What has run is remembered by it."""
    arguments: Mapping[str, Any] = {}
    overlap: bool = False
    """Whether a tick begins while the job of an earlier one is not done; else that tick is left out."""
    missed: Literal["once", "skip", "all"] = "once"
    """What becomes of ticks while no worker ran: one job for all of them, none, or one for each (1,000 at most)."""
    late_seconds: float = 60.0
    """With ``skip``: how late a tick still counts."""

    def __post_init__(self) -> None:
        try:
            next(self.ticks_after(datetime(2026, 1, 1, tzinfo=UTC)))
        except (CronSimError, StopIteration) as error:
            raise ScheduleInvalid(self.title, f"{self.cron!r} is no time: {error}") from error
        except (KeyError, ValueError, OSError) as error:
            raise ScheduleInvalid(self.title, f"{self.timezone!r} is no time zone") from error
        self.job.arguments.encode((), self.arguments, 1_000_000)

    @property
    def title(self) -> str:
        """The name."""
        return self.name or self.job.name

    def ticks_after(self, moment: datetime) -> Iterator[datetime]:
        """The moments when it is due, in UTC, after ``moment``."""
        for tick in CronSim(self.cron, moment.astimezone(ZoneInfo(self.timezone))):
            yield tick.astimezone(UTC)

    def due(self, last: datetime, now: datetime) -> list[datetime]:
        """The ticks to enqueue, given the last one that was.

        A clock that was set back gives none until it has passed ``last`` again.
        """
        missed: list[datetime] = []
        for tick in takewhile(lambda tick: tick <= now, self.ticks_after(last)):
            missed.append(tick)
            if len(missed) > MOST_MISSED:
                missed.pop(0)
        if self.missed == "all":
            return missed
        if self.missed == "skip":
            missed = [tick for tick in missed if now - tick <= timedelta(seconds=self.late_seconds)]
        return missed[-1:]

    def prepared(self) -> Prepared:
        """The job of a tick."""
        return self.job.prepare(**self.arguments)

    def key(self, tick: datetime) -> str:
        """The key of a tick's job; the same for all where they must not overlap."""
        return f"schedule:{self.title}" if not self.overlap else f"schedule:{self.title}:{tick.isoformat()}"
