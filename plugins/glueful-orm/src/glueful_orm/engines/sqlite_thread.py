"""A thread that owns one sqlite3 connection; a job costs one hop there and one back."""

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from .sqlite_errors import translate

P = ParamSpec("P")
R = TypeVar("R")

PROGRESS_STEPS = 20_000
"""How many steps of SQLite's virtual machine run between two looks at the clock: about a millisecond."""
SHORTEST_POLL_SECONDS = 0.0005
LONGEST_POLL_SECONDS = 0.003


class SQLiteThread:
    """Runs jobs one after another, in the order they were given, also when nobody waits for their result any more.

    A job whose caller was cancelled is not begun, or is interrupted where it stands. While another process holds the
    lock, the job is tried again at short random intervals: SQLite's own waiting grows to 100 ms a step, with which a
    busy process keeps the others out until they give up.

    Args:
        connect: opens the connection; called in the thread.
        busy_timeout_seconds: how long a job waits for another process.
        statement_timeout_seconds: how long one job may compute; None for no limit.
        name: of the thread.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        busy_timeout_seconds: float,
        statement_timeout_seconds: float | None,
        name: str,
    ) -> None:
        self._connect = connect
        self._busy_timeout = busy_timeout_seconds
        self._statement_timeout = statement_timeout_seconds
        self._jobs: SimpleQueue[tuple[asyncio.Future[Any] | None, Callable[..., Any], tuple[Any, ...]] | None]
        self._jobs = SimpleQueue()
        self._current: asyncio.Future[Any] | None = None
        self._deadline = float("inf")
        self.connection: sqlite3.Connection = None  # type: ignore[assignment]
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "asyncio.Future[None]":
        """Start the thread and open its connection."""
        self._thread.start()
        return self.submit(self._open)

    def submit(
        self, job: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **_: P.kwargs
    ) -> "asyncio.Future[R]":
        """Run ``job(connection, *args)`` in the thread; the future has its result, or one of our errors."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, job, args))
        return future

    def post(self, job: Callable[[sqlite3.Connection], object]) -> None:
        """Run ``job(connection)`` after the jobs before it; nobody learns its result."""
        self._jobs.put((None, job, ()))

    def stop(self) -> None:
        """Close the connection after the jobs that were given."""
        self._jobs.put(None)

    def join(self, timeout: float) -> bool:
        """Wait, blocking, until the thread has ended; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # --- in the thread ---

    def _open(self, _: object) -> None:
        self.connection = self._connect()
        self.connection.set_progress_handler(self._must_stop, PROGRESS_STEPS)

    def _run(self) -> None:
        while True:
            entry = self._jobs.get()
            if entry is None:
                break
            future, job, args = entry
            if future is not None and future.cancelled():
                continue
            self._current = future
            result, error = None, None
            try:
                result = self._patiently(future, job, args)
            except Exception as failure:
                error = translate(failure, args[0] if args and isinstance(args[0], str) else "")
            self._current = None
            if future is not None:
                with suppress(RuntimeError):  # the event loop was closed meanwhile: nobody waits
                    future.get_loop().call_soon_threadsafe(_resolve, future, result, error)
            del future, job, args, entry, result, error
        if self.connection is not None:
            self.connection.close()

    def _patiently(self, future: "asyncio.Future[Any] | None", job: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        patience = 0.0
        while True:
            if self._statement_timeout is not None:
                self._deadline = time.monotonic() + self._statement_timeout
            try:
                return job(self.connection, *args)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT:
                    raise
                now = time.monotonic()
                patience = patience or now + self._busy_timeout
                if now >= patience:
                    raise
                time.sleep(random.uniform(SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS))  # noqa: S311
                if future is not None and future.cancelled():
                    raise

    def _must_stop(self) -> bool:
        current = self._current
        return (current is not None and current.cancelled()) or time.monotonic() > self._deadline


def _resolve(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
