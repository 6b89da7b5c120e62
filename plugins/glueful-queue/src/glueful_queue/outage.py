"""Waiting out a broker that is down: with growing pauses, and a line in the log at the beginning and the end."""

import asyncio
import logging
import random
import time

FIRST_PAUSE_SECONDS = 0.05
GREATEST_PAUSE_SECONDS = 2.0
REMIND_EVERY_SECONDS = 60.0
_log = logging.getLogger("glueful.queue")


class Outage:
    """What one part of a worker knows about a broker that does not answer.

    Args:
        what: that is not possible meanwhile, for the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._pause = FIRST_PAUSE_SECONDS
        self._since: float | None = None
        self._told_at = 0.0

    def failed(self, error: BaseException) -> float:
        """Note a failure; how long to wait until the next attempt, in seconds."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._told_at > REMIND_EVERY_SECONDS:
            self._told_at = now
            _log.warning(
                "%s: %s: %s", self._what, type(error).__name__, str(error).splitlines()[0] if str(error) else ""
            )
        pause = random.uniform(self._pause / 2, self._pause)  # noqa: S311 - spreads the workers
        self._pause = min(self._pause * 2, GREATEST_PAUSE_SECONDS)
        return pause

    def ended(self) -> None:
        """Note a success."""
        if self._since is None:
            return
        _log.warning("%s: works again after %.1f seconds", self._what, time.monotonic() - self._since)
        self._since, self._pause, self._told_at = None, FIRST_PAUSE_SECONDS, 0.0

    async def wait(self, error: BaseException) -> None:
        """Note a failure, and sleep."""
        await asyncio.sleep(self.failed(error))
