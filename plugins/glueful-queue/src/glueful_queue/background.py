"""Workers of other plugins: run beside the job worker, restarted when they fail, stopped before any plugin stops."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from glueful_hookspecs import Hooks

from .errors import WorkerInvalid

FIRST_PAUSE_SECONDS = 1.0
GREATEST_PAUSE_SECONDS = 30.0
_log = logging.getLogger("glueful.queue")


class BackgroundWorker(Protocol):
    """What a plugin returns from ``glueful_workers``."""

    @property
    def name(self) -> str:
        """Lower-case words joined by dots, for example ``webhooks.deliveries``; for logs and the health report."""
        ...

    async def run(self) -> None:
        """Work until ``stop`` was called; returning earlier ends this worker."""
        ...

    async def stop(self, grace_seconds: float) -> None:
        """Begin nothing new, and let what is under way end within ``grace_seconds``. May be called twice."""
        ...


def contributed_workers(hooks: Hooks) -> list[BackgroundWorker]:
    """The workers of all plugins.

    Raises:
        WorkerInvalid: a plugin returned something else.
    """
    found: list[BackgroundWorker] = []
    for plugin, workers in hooks.contributions("glueful_workers"):
        for worker in workers:
            if not all(hasattr(worker, name) for name in ("name", "run", "stop")):
                raise WorkerInvalid(plugin, repr(worker))
            found.append(worker)
    return found


class BackgroundHost:
    """Runs workers concurrently until they are stopped.

    Args:
        workers: what to run.
        first_pause_seconds: before a worker that failed runs again; doubled each time, up to 30 seconds.
    """

    def __init__(
        self, workers: Sequence[BackgroundWorker], *, first_pause_seconds: float = FIRST_PAUSE_SECONDS
    ) -> None:
        self._workers = list(workers)
        self._first_pause = first_pause_seconds
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Start each worker in a task of its own."""
        self._tasks = [
            asyncio.create_task(self._run(worker), name=f"glueful-worker-{worker.name}") for worker in self._workers
        ]

    @property
    def names(self) -> list[str]:
        """The workers that are running."""
        return [worker.name for worker, task in zip(self._workers, self._tasks, strict=False) if not task.done()]

    async def _run(self, worker: BackgroundWorker) -> None:
        pause = self._first_pause
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await worker.run()
                return
            except Exception:
                if loop.time() - began > GREATEST_PAUSE_SECONDS:
                    pause = self._first_pause
                _log.exception("the worker %s failed and runs again in %.0f seconds", worker.name, pause)
            try:
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            except TimeoutError:
                pause = min(pause * 2, GREATEST_PAUSE_SECONDS)

    async def stop(self, grace_seconds: float) -> None:
        """Stop all workers at the same time; one that does not end in time is cancelled."""
        self._stopping.set()
        if not self._tasks:
            return
        stops = [asyncio.create_task(self._stop(worker, grace_seconds)) for worker in self._workers]
        _, late = await asyncio.wait([*self._tasks, *stops], timeout=grace_seconds + 1.0)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    @staticmethod
    async def _stop(worker: BackgroundWorker, grace_seconds: float) -> None:
        try:
            await worker.stop(grace_seconds)
        except Exception:
            _log.exception("the worker %s failed while it stopped", worker.name)
