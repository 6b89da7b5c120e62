"""One SQLite connection as a session."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import closing
from typing import Any, TypeVar

from ..errors import BegunByHand, TransactionAborted
from .session import Isolation
from .sqlite_thread import SQLiteThread

R = TypeVar("R")

READ = "BEGIN DEFERRED"
WRITE = "BEGIN IMMEDIATE"


class SQLiteConnection:
    """Statements for one ``SQLiteThread``. Methods return the job's future: awaiting it costs no further hop.

    Args:
        thread: the thread and its connection.
        is_reader: whether its connection is ``query_only``.
    """

    __slots__ = ("_began", "_cursors", "_in_transaction", "_is_query_only", "_to_begin", "is_reader", "thread")

    def __init__(self, thread: SQLiteThread, *, is_reader: bool) -> None:
        self.thread = thread
        self.is_reader = is_reader
        self._began = False  # in the event loop: whether there may be something to roll back
        self._to_begin = ""  # in the event loop: what the next statement is preceded by
        self._is_query_only = False
        self._cursors: list[sqlite3.Cursor] = []
        self._in_transaction = False  # in the thread: whether a transaction ought to be open

    @property
    def needs_rollback(self) -> bool:
        """Whether a transaction may be open that nobody will end."""
        return self._began

    def fetch(self, sql: str, args: Sequence[Any]) -> "asyncio.Future[list[Any]]":
        """All rows, as tuples."""
        return self._submit(self._fetch, sql, args)

    def fetch_named(self, sql: str, args: Sequence[Any]) -> "asyncio.Future[list[dict[str, Any]]]":
        """All rows, as dictionaries."""
        return self._submit(self._fetch_named, sql, args)

    def execute(self, sql: str, args: Sequence[Any]) -> "asyncio.Future[int]":
        """Run a statement; the number of rows that it changed."""
        return self._submit(self._execute, sql, args)

    def insert(self, sql: str, args: Sequence[Any]) -> "asyncio.Future[Any]":
        """Insert one row; its rowid."""
        return self._submit(self._insert, sql, args)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> "asyncio.Future[int]":
        """Run a statement for each row of arguments, in a transaction of its own if none is open."""
        given = rows if isinstance(rows, list | tuple) else list(rows)
        return self._submit(self._executemany, sql, given)

    async def stream(self, sql: str, args: Sequence[Any], batch: int, named: bool) -> AsyncGenerator[Any, None]:
        """Rows one by one."""
        cursor = await self._submit(self._open_cursor, sql, args)
        try:
            names = [column[0] for column in cursor.description or ()]
            while rows := await self.thread.submit(_fetch_batch, cursor, batch):
                for row in rows:
                    yield dict(zip(names, row, strict=True)) if named else row
        finally:
            self.thread.post(lambda _: self._close_cursor(cursor))

    async def begin(self, _isolation: Isolation | None, read_only: bool) -> None:
        """Begin together with the first statement, which saves a hop and holds the lock for a shorter time.

        A transaction that writes takes the write lock then. Every isolation level is serializable here.
        """
        self._began = True
        self._to_begin = READ if read_only else WRITE

    def commit(self) -> "asyncio.Future[None]":
        """Commit; after an error something may be left to roll back."""
        if self._to_begin:  # there was no statement
            return self._nothing_to_do()
        future = self.thread.submit(self._commit)
        future.add_done_callback(self._committed)
        return future

    def _committed(self, future: "asyncio.Future[None]") -> None:
        if not future.cancelled() and future.exception() is None:
            self._began = False

    def _nothing_to_do(self) -> "asyncio.Future[None]":
        self._began = False
        self._to_begin = ""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    async def rollback(self) -> None:
        """Roll back what is open."""
        if self._to_begin:
            await self._nothing_to_do()
            return
        await self.thread.submit(self._rollback)
        self._began = False

    def roll_back_soon(self) -> None:
        """Roll back after the jobs that were given, without anybody waiting for it."""
        self._began = False
        self._to_begin = ""
        self.thread.post(self._rollback)

    def control(self, sql: str) -> "asyncio.Future[int]":
        """Run a statement about a savepoint."""
        return self._submit(self._execute, sql, ())

    def _submit(
        self, job: Callable[[sqlite3.Connection, str, Any], R], sql: str, arguments: Any
    ) -> "asyncio.Future[R]":
        if self._to_begin:
            begin, self._to_begin = self._to_begin, ""
            return self.thread.submit(self._first, sql, arguments, job, begin)
        return self.thread.submit(job, sql, arguments)

    # --- in the thread ---

    def _check(self, connection: sqlite3.Connection) -> None:
        # A full disk, an interrupt or a deadlock makes SQLite roll back by itself; what follows would be stored
        # statement by statement.
        if self._in_transaction and not connection.in_transaction:
            raise TransactionAborted

    def _check_ended(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction and not self._in_transaction:
            connection.execute("ROLLBACK")
            raise BegunByHand

    def _fetch(self, connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> list[Any]:
        self._check(connection)
        with closing(connection.execute(sql, args)) as cursor:
            rows = cursor.fetchall()
        self._check_ended(connection)
        return rows

    def _fetch_named(self, connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        self._check(connection)
        with closing(connection.execute(sql, args)) as cursor:
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        self._check_ended(connection)
        return rows

    def _execute(self, connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> int:
        self._check(connection)
        with closing(connection.execute(sql, args)) as cursor:
            if cursor.description is not None:
                cursor.fetchall()
            count = cursor.rowcount
        self._check_ended(connection)
        return max(count, 0)

    def _insert(self, connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> int | None:
        self._check(connection)
        with closing(connection.execute(sql, args)) as cursor:
            key = cursor.lastrowid
        self._check_ended(connection)
        return key

    def _executemany(self, connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        self._check(connection)
        if self._in_transaction:
            connection.executemany(sql, rows)
            return len(rows)
        connection.execute(WRITE)
        try:
            connection.executemany(sql, rows)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return len(rows)

    def _open_cursor(self, connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> sqlite3.Cursor:
        self._check(connection)
        cursor = connection.execute(sql, args)
        self._cursors.append(cursor)
        return cursor

    def _close_cursor(self, cursor: sqlite3.Cursor) -> None:
        cursor.close()
        if cursor in self._cursors:
            self._cursors.remove(cursor)

    def _close_cursors(self) -> None:
        # One that is still open would keep the connection in the state that it reads.
        while self._cursors:
            self._cursors.pop().close()

    def _first(self, connection: sqlite3.Connection, sql: str, arguments: Any, job: Callable[..., R], begin: str) -> R:
        if not self._in_transaction:
            if begin == READ and not self.is_reader:
                connection.execute("PRAGMA query_only=1")
                self._is_query_only = True
            connection.execute(begin)
            self._in_transaction = True
        return job(connection, sql, arguments)

    def _commit(self, connection: sqlite3.Connection) -> None:
        self._check(connection)
        self._close_cursors()
        connection.execute("COMMIT")
        self._ended(connection)

    def _rollback(self, connection: sqlite3.Connection) -> None:
        self._close_cursors()
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        self._ended(connection)

    def _ended(self, connection: sqlite3.Connection) -> None:
        self._in_transaction = False
        if self._is_query_only:
            connection.execute("PRAGMA query_only=0")
            self._is_query_only = False


def _fetch_batch(_: sqlite3.Connection, cursor: sqlite3.Cursor, size: int) -> list[Any]:
    return cursor.fetchmany(size)
