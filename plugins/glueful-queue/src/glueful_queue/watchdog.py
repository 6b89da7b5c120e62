"""A job that never yields blocks its worker; the watchdog ends the process, so that others can have its jobs."""

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import time

EXIT_CODE = 75
_log = logging.getLogger("glueful.queue")


class Watchdog:
    """Ends the process, with the stacks of all threads in the log, when its event loop stands still for too long.

    Whoever runs the worker starts it again, as after any crash; the attempt of the job that blocked counts.

    Args:
        limit_seconds: longer than the lease of a claim: its jobs are not this worker's any more anyway.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._beat_at = time.monotonic()
        self._is_over = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch the running event loop."""
        self._task = asyncio.create_task(self._beat(), name="glueful-watchdog")
        threading.Thread(target=self._watch, name="glueful-watchdog", daemon=True).start()

    async def _beat(self) -> None:
        while True:
            self._beat_at = time.monotonic()
            await asyncio.sleep(self._limit / 10)

    def _watch(self) -> None:
        while not self._is_over.wait(self._limit / 10):
            silence = time.monotonic() - self._beat_at
            # A process that was stopped (SIGSTOP, a sleeping machine) is silent as well: it gets a moment to beat.
            if silence > self._limit and not self._is_over.wait(self._limit / 5):
                silence = time.monotonic() - self._beat_at
                if silence > self._limit:
                    _log.critical("a job blocks this worker for %.0f seconds: the worker ends itself", silence)
                    faulthandler.dump_traceback(sys.stderr)
                    os._exit(EXIT_CODE)

    def stop(self) -> None:
        """Watch no more."""
        self._is_over.set()
        if self._task is not None:
            self._task.cancel()
