"""How long a failed job waits for its next attempt."""

from collections.abc import Callable, Sequence

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Exponential delays: ``first_seconds``, then ``factor`` times as long each time, at most ``most_seconds``.

    To each delay a random part of up to ``jitter`` times itself is added, so that jobs which failed together do not
    come back together.
    """

    first_seconds: float = 5.0
    factor: float = 3.0
    most_seconds: float = 3_600.0
    jitter: float = 0.1

    def delay(self, attempt: int, fraction: Callable[[], float]) -> float:
        """Seconds after the failure of ``attempt``, which counts from 1."""
        plain = min(self.first_seconds * self.factor ** min(attempt - 1, 64), self.most_seconds)
        return plain * (1 + self.jitter * fraction())


class Delays(msgspec.Struct, frozen=True):
    """Listed delays; the last one again and again."""

    seconds: tuple[float, ...]
    jitter: float = 0.1

    def delay(self, attempt: int, fraction: Callable[[], float]) -> float:
        """Seconds after the failure of ``attempt``, which counts from 1."""
        plain = self.seconds[min(attempt, len(self.seconds)) - 1]
        return plain * (1 + self.jitter * fraction())


def backoff_of(given: "float | Sequence[float] | Backoff | Delays | None") -> "Backoff | Delays":
    """What ``@job(backoff=)`` means: seconds each time, a list of seconds, or one of the types above.

    Raises:
        ValueError: a delay is negative, or there is none.
    """
    if given is None:
        return Backoff()
    if isinstance(given, Backoff | Delays):
        return given
    seconds = (float(given),) if isinstance(given, int | float) else tuple(map(float, given))
    if not seconds or min(seconds) < 0:
        raise ValueError("backoff needs delays of at least 0 seconds")
    return Delays(seconds)
