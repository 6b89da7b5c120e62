"""One SQLite file: reads in the event loop, changes in one thread that commits together what comes together."""

import asyncio
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from ..errors import StoreError, StoreFull, StoreUnavailable
from ..settings import RedisSettings
from .schema import create

R = TypeVar("R")

MEMORY = ":memory:"
MOST_TOGETHER = 200
PAGE_BYTES = 4096
PURGE_SECONDS = 10.0
PURGE_ROWS = 1000
SHORTEST_POLL_SECONDS = 0.0005
LONGEST_POLL_SECONDS = 0.003
JOIN_SECONDS = 10.0

Job = Callable[[sqlite3.Connection, int], R]
"""Works with the connection; the number is the time in milliseconds since 1970."""


class EmbeddedFile:
    """The file of one application; opens at first use, in WAL mode.

    A read takes some ten microseconds, less than a change of threads, and is never held up by a writer; so it is done
    where it is asked for. Changes wait for those of other processes, and so have a thread.

    Args:
        settings: section ``[redis]``.
        clock: seconds since 1970; shared by the processes, as expiry is.
    """

    def __init__(self, settings: RedisSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._path = settings.embedded_path
        self._temporary: TemporaryDirectory[str] | None = None
        self._reader: sqlite3.Connection | None = None
        self._writer: _Writer | None = None
        self.prefix = settings.prefix
        self.max_value_bytes = settings.max_value_bytes
        self.busy_timeout_seconds = settings.busy_timeout_seconds

    @property
    def where(self) -> str:
        """The file as errors name it."""
        return f"the store {self._path}"

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self._clock() * 1000)

    async def read(self, job: Job[R]) -> R:
        """Run a job that changes nothing, here and now.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        try:
            return job(self._open(), self.now())
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise translate(error, self.where) from error
        except sqlite3.Error as error:
            raise translate(error, self.where) from error
        return await self.write(job)  # another process recovers or removes the WAL: the thread may wait, not we

    async def write(self, job: Job[R]) -> R:
        """Run a job that changes something, after those before it; back when it is committed.

        A job finds out whether it can be done before it changes anything: others are committed together with it.

        Raises:
            StoreUnavailable: another process held the file for too long, or the file cannot be written.
            StoreFull: no room is left.
        """
        self._ready()
        assert self._writer is not None  # noqa: S101 - opened together
        return await self._writer.submit(job)

    async def close(self) -> None:
        """Close it after the changes that were given."""
        reader, self._reader = self._reader, None
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.stop()
            await asyncio.to_thread(writer.join, JOIN_SECONDS)
        if reader is not None:
            reader.close()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary, self._path = None, MEMORY

    @property
    def is_open(self) -> bool:
        """Whether it has been used since it was closed."""
        return self._reader is not None

    def check(self) -> None:
        """See whether it can be used; one that is not there is not made before it is needed.

        Raises:
            StoreUnavailable: it cannot be read, or not be made.
            FileTooNew: a later version made it.
        """
        path = Path(self._path)
        if path.exists():
            self._ready()
        elif self._path != MEMORY and not os.access(path.parent, os.W_OK):
            raise StoreUnavailable(self.where, f"the folder {path.parent} is not there, or not writable")

    def _ready(self) -> None:
        try:
            self._open()
        except sqlite3.Error as error:
            raise translate(error, self.where) from error

    def _open(self) -> sqlite3.Connection:
        if self._reader is None:
            if self._path == MEMORY:
                self._temporary = TemporaryDirectory(prefix="glueful-store-")
                self._path = f"{self._temporary.name}/store.sqlite3"
            try:  # sessions and keys are for nobody else to read
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                pass
            except OSError as error:
                raise StoreUnavailable(self.where, error.strerror or str(error)) from error
            connection = self.connect()
            try:
                _patiently(lambda: create(connection), self.busy_timeout_seconds)
            except BaseException:
                connection.close()
                raise
            connection.execute("PRAGMA query_only=1")
            self._reader, self._writer = connection, _Writer(self)
        return self._reader

    def connect(self) -> sqlite3.Connection:
        """A connection of its own, for the thread."""
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=NORMAL",
                f"max_page_count={max(16, self._settings.embedded_max_bytes // PAGE_BYTES)}",
            ):
                _patiently(
                    lambda pragma=pragma: connection.execute(f"PRAGMA {pragma}").fetchall(),  # type: ignore[misc]
                    self.busy_timeout_seconds,
                )
        except BaseException:
            connection.close()
            raise
        return connection


class _Writer:
    def __init__(self, file: EmbeddedFile) -> None:
        self._file = file
        self._jobs: SimpleQueue[tuple[asyncio.Future[Any], Job[Any]] | None] = SimpleQueue()
        self._purged_at = 0
        self._thread = threading.Thread(target=self._run, name="glueful-store", daemon=True)
        self._thread.start()

    def submit(self, job: Job[R]) -> "asyncio.Future[R]":
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, job))
        return future

    def stop(self) -> None:
        self._jobs.put(None)

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    # --- in the thread ---

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            batch, goes_on = self._next()
            try:
                connection = connection or self._file.connect()
                outcomes = self._commit(connection, [job for _, job in batch])
            except Exception as error:
                outcomes = [(None, translate(error, self._file.where))] * len(batch)
            for (future, _), (result, failure) in zip(batch, outcomes, strict=True):
                with suppress(RuntimeError):  # the event loop was closed meanwhile: nobody waits
                    future.get_loop().call_soon_threadsafe(_resolve, future, result, failure)
            if not goes_on:
                break
        if connection is not None:
            connection.close()

    def _next(self) -> tuple[list[tuple[asyncio.Future[Any], Job[Any]]], bool]:
        batch: list[tuple[asyncio.Future[Any], Job[Any]]] = []
        entry = self._jobs.get()
        with suppress(Empty):
            while entry is not None and len(batch) < MOST_TOGETHER - 1:
                batch.append(entry)
                entry = self._jobs.get_nowait()
            if entry is None:
                return batch, False
            batch.append(entry)
        return batch, True

    def _commit(
        self, connection: sqlite3.Connection, jobs: list[Job[Any]], *, may_make_room: bool = True
    ) -> list[tuple[Any, BaseException | None]]:
        if not jobs:
            return []
        _patiently(lambda: connection.execute("BEGIN IMMEDIATE"), self._file.busy_timeout_seconds)
        try:
            now = self._file.now()
            outcomes: list[tuple[Any, BaseException | None]] = []
            for job in jobs:
                try:
                    outcomes.append((job(connection, now), None))
                except StoreError as error:
                    outcomes.append((None, error))
            self._purge(connection, now)
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not may_make_room or getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
                raise
            self._make_room(connection)
            return [self._alone(connection, job) for job in jobs]  # if one is too large, the others need not suffer
        return outcomes

    def _alone(self, connection: sqlite3.Connection, job: Job[Any]) -> tuple[Any, BaseException | None]:
        try:
            return self._commit(connection, [job], may_make_room=False)[0]
        except Exception as error:
            return None, translate(error, self._file.where)

    def _purge(self, connection: sqlite3.Connection, now: int) -> None:
        if abs(now - self._purged_at) >= PURGE_SECONDS * 1000:
            self._purged_at = now
            purge(connection, now, PURGE_ROWS)

    def _make_room(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            purge(connection, self._file.now(), 100 * PURGE_ROWS)
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.execute("ROLLBACK")


def purge(connection: sqlite3.Connection, now: int, rows: int) -> None:
    """Remove what has expired, so many rows at most."""
    for table, key in (("entries", "key"), ("tags", "tag")):
        connection.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE expires_at <= ? LIMIT ?)",  # noqa: S608 - names above
            (now, rows),
        )


def translate(error: Exception, where: str) -> Exception:
    """Our error for one of SQLite's; any other error is a fault of ours, and stays."""
    if not isinstance(error, sqlite3.Error | OSError):
        return error
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StoreFull(where)
    return StoreUnavailable(where, f"{type(error).__name__}: {error}")


def _patiently(work: Callable[[], object], seconds: float) -> None:
    """Repeat while another process holds the lock: SQLite's own waiting grows to 100 ms a step."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            work()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(random.uniform(SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS))  # noqa: S311 - jitter
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _resolve(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
