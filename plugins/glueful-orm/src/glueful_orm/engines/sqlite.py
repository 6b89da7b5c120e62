"""SQLite: one connection that writes, several that read, each in a thread."""

import asyncio
import logging
import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from piccolo.engine import sqlite as _  # noqa: F401 - registers the adapters and converters of Piccolo's column types

from ..errors import DatabaseError, DatabaseUnreachable
from .engine import Dialect, Engine
from .pool import FairPool
from .session import Isolation
from .sqlite_connection import SQLiteConnection
from .sqlite_thread import SQLiteThread

MEMORY = ":memory:"
CLOSE_TIMEOUT_SECONDS = 10.0

_log = logging.getLogger("glueful.orm")


class SQLiteEngine(Engine):
    """A SQLite file, used by any number of processes of one machine, or a database in memory.

    Writes wait in line for the one connection that writes, so that none meets a lock of its own process; reads run
    beside them (write-ahead logging). ``:memory:`` is one connection that everything waits for.

    Columns come converted by their declared types, as Piccolo needs it; ``SELECT +"column"`` gives the stored value,
    several times as fast.

    Args:
        path: relative to the working directory when the engine is made; ``":memory:"`` for a database in memory.
        readers: number of connections that read.
        acquire_timeout_seconds: how long a statement waits in line.
        busy_timeout_seconds: how long it waits for another process.
        statement_timeout_seconds: how long it may compute; None for no limit.
        slow_query_ms: threshold of the slow-query log; 0 for none.
    """

    dialect: Dialect = "sqlite"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        readers: int = 4,
        acquire_timeout_seconds: float = 10.0,
        busy_timeout_seconds: float = 10.0,
        statement_timeout_seconds: float | None = 30.0,
        slow_query_ms: float = 500.0,
    ) -> None:
        super().__init__(slow_query_ms=slow_query_ms, acquire_timeout_seconds=acquire_timeout_seconds)
        self.path = None if os.fspath(path) == MEMORY else str(Path(path).absolute())
        self.busy_timeout_seconds = busy_timeout_seconds
        self.statement_timeout_seconds = statement_timeout_seconds
        self._reader_count = readers
        self._connections: list[SQLiteConnection] = []
        self._writers: FairPool[SQLiteConnection]
        self._readers: FairPool[SQLiteConnection]

    def __repr__(self) -> str:
        return f"SQLiteEngine({self.path or MEMORY!r})"

    # --- life ---

    async def open(self) -> None:
        """Connect."""
        if self._loop is not None:
            return
        writer = self._connection(is_reader=False)
        try:
            await writer.thread.start()
            readers = [self._connection(is_reader=True) for _ in range(0 if self.path is None else self._reader_count)]
            await asyncio.gather(*[reader.thread.start() for reader in readers])
        except DatabaseError as error:
            await self._stop()
            raise DatabaseUnreachable(f"{self.path or MEMORY}: {error.what}", error.fix) from None
        except BaseException:
            await self._stop()
            raise
        advice = "keep transactions short (no HTTP calls inside)"
        self._writers = FairPool("SQLite's write lock in this process", [writer], advice)
        self._readers = FairPool("SQLite's readers", readers, advice) if readers else self._writers
        self._loop = asyncio.get_running_loop()

    def _connection(self, *, is_reader: bool) -> SQLiteConnection:
        thread = SQLiteThread(
            self._connect_reader if is_reader else self._connect_writer,
            busy_timeout_seconds=self.busy_timeout_seconds,
            statement_timeout_seconds=self.statement_timeout_seconds,
            name="glueful-sqlite-reader" if is_reader else "glueful-sqlite-writer",
        )
        connection = SQLiteConnection(thread, is_reader=is_reader)
        self._connections.append(connection)
        return connection

    def _connect_writer(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path or MEMORY,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
        )
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()  # the error keeps it alive, and with it the lock by which the last one tidies up
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode not in ("wal", "memory"):
            _log.warning(
                "SQLite uses the journal mode %s on %s: readers and writers wait for each other", mode, self.path
            )
        for pragma in ("synchronous=NORMAL", "foreign_keys=1", "cache_size=-16000", "temp_store=2"):
            connection.execute(f"PRAGMA {pragma}")

    def _connect_reader(self) -> sqlite3.Connection:
        connection = self._connect_writer()
        connection.execute("PRAGMA query_only=1")
        return connection

    async def close(self) -> None:
        """Close every connection."""
        if self._loop is None:
            return
        self._loop = None
        try:
            for pool in {self._writers, self._readers}:
                await pool.take_all(CLOSE_TIMEOUT_SECONDS)
        finally:
            await self._stop()

    async def _stop(self) -> None:
        # One after another: only the last connection of a file moves its log into it and deletes the log, and two that
        # close at the same time each take the other one for the last.
        connections, self._connections = self._connections, []
        for connection in reversed(connections):
            connection.thread.stop()
            await asyncio.to_thread(connection.thread.join, CLOSE_TIMEOUT_SECONDS)

    @property
    def in_use(self) -> int:
        """How many connections are lent."""
        if self._loop is None:
            return 0
        return sum(pool.size - len(pool.free) for pool in {self._writers, self._readers})

    # --- connections ---

    async def acquire(self, *, write: bool) -> SQLiteConnection:
        """Borrow a connection."""
        self._check_open()
        pool = self._writers if write else self._readers
        return pool.take_nowait() or await pool.take(self.acquire_timeout_seconds)

    def release(self, session: SQLiteConnection) -> None:
        """Give a connection back."""
        if session.needs_rollback:
            session.roll_back_soon()
        (self._readers if session.is_reader else self._writers).give(session)

    async def begin(self, isolation: Isolation | None, read_only: bool) -> SQLiteConnection:
        """Borrow a connection with a transaction begun on it."""
        session = await self.acquire(write=not read_only)
        try:
            await session.begin(isolation, read_only)
        except BaseException:
            self.release(session)
            raise
        return session

    def _writes(self, sql: str) -> bool:
        return sql[:6] != "SELECT" and _may_write(sql)

    async def _alone(self, operation: str, sql: str, args: Any) -> Any:
        session = await self.acquire(write=operation not in ("fetch", "fetch_named") or self._writes(sql))
        try:
            return await self._timed(session, operation, sql, args)
        finally:
            self.release(session)

    # --- versions ---

    async def get_version(self) -> float:
        """The version, as Piccolo compares it."""
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        """The version, as Piccolo compares it."""
        return float("{}.{}".format(*sqlite3.sqlite_version_info))


@lru_cache(maxsize=1024)
def _may_write(sql: str) -> bool:
    words = sql.upper().split(None, 1)
    first = words[0] if words else ""
    if first in ("SELECT", "VALUES", "EXPLAIN"):
        return False
    return first != "WITH" or any(word in sql.upper() for word in ("INSERT", "UPDATE", "DELETE", "REPLACE"))
