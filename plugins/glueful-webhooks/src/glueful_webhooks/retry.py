"""When a failed delivery is tried again."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

THROTTLING = frozenset({429, 502, 503, 504})
"""Statuses by which a receiver says that it gets too much."""
LONGEST_PAUSE = timedelta(seconds=60)


class RetrySchedule:
    """The delays after failed attempts.

    Args:
        delays: seconds after the first failed attempt, after the second …; after the last of them there is one more.
        jitter: greatest part of a delay that is added at random, so that receivers are not hit by all at once.
        most_retry_after: seconds that a receiver may ask for.
        fraction: gives a number from 0 to 1.
    """

    def __init__(
        self,
        delays: Sequence[int],
        jitter: float = 0.1,
        most_retry_after: int = 86_400,
        fraction: Callable[[], float] = random.random,
    ) -> None:
        self._delays, self._jitter = tuple(delays), jitter
        self._most = timedelta(seconds=most_retry_after)
        self._fraction = fraction

    def next_attempt(self, failures: int, now: datetime, retry_after: datetime | None = None) -> datetime | None:
        """The time of the next attempt, or None when the schedule is at its end.

        Args:
            failures: failed attempts until now, from 1.
            now: when the last of them ended.
            retry_after: what the receiver asked for; it only makes the delay longer, within bounds.
        """
        if failures > len(self._delays):
            return None
        delay = timedelta(seconds=self._delays[failures - 1] * (1 + self._jitter * self._fraction()))
        return max(now + delay, self.bounded(retry_after, now) or now)

    def bounded(self, retry_after: datetime | None, now: datetime) -> datetime | None:
        """A receiver's wish, not beyond what is allowed; None where it has none, or it has passed."""
        return min(retry_after, now + self._most) if retry_after is not None and retry_after > now else None

    def pause(self, failures: int, now: datetime, retry_after: datetime | None) -> datetime:
        """Until when a receiver that gets too much is left alone altogether."""
        asked = self.bounded(retry_after, now)
        if asked is not None:
            return asked
        delays = self._delays or (0,)
        return now + min(timedelta(seconds=delays[min(failures, len(delays)) - 1]), LONGEST_PAUSE)


def parse_retry_after(text: str | None, now: datetime) -> datetime | None:
    """The time that a ``Retry-After`` means (RFC 9110 section 10.2.3); None where it is absent or malformed.

    Args:
        text: seconds or an HTTP date.
        now: what seconds are counted from.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return now + timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text[:64])
    except (ValueError, TypeError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
