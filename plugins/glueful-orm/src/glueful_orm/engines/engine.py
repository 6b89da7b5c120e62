"""What both databases have in common: statements, transactions, observation, and Piccolo's way in."""

import math
from abc import abstractmethod
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Literal, TypeAlias

from piccolo.engine.base import Engine as PiccoloEngine
from piccolo.querystring import QueryString

from ..errors import EngineClosed
from .observation import Observer, report
from .piccolo import Atomic, Batch
from .session import Isolation, Row, Session
from .transaction import Transaction, TransactionContext

Dialect: TypeAlias = Literal["sqlite", "postgres"]


class Engine(PiccoloEngine[Any]):
    """A database: a pool of connections and the statements that run on them.

    Within ``async with transaction():`` each statement uses the transaction's connection, else it is a transaction of
    its own. Placeholders are ``?`` on SQLite and ``$1`` on PostgreSQL. Rows come as the driver gives them.

    Every method that runs a statement raises ``DatabaseError``: never an exception of the driver, and never a message
    with a bound value.

    Attributes:
        path: the file of a SQLite database; None for one in memory and for PostgreSQL.
        observe: called as ``observe(sql, duration_seconds, rows, error)`` after each statement; None costs nothing.
        signing_key: signs the cursors of ``cursor_paginate``.
        encryption_key: 32 bytes, for encrypted attributes; None: they cannot be used.
        n_plus_one: what happens when a relation is touched on a row of a result: ``auto`` loads it for all its rows by
            one statement, ``warn`` does so and logs it, ``raise`` refuses.
        slow_query_ms: statements that take at least this long are logged, without values; 0 for none.
    """

    dialect: Dialect
    path: str | None = None
    signing_key: bytes = b""
    encryption_key: bytes | None = None
    n_plus_one: Literal["auto", "warn", "raise"] = "auto"
    observe: Observer | None = None

    def __init__(self, *, slow_query_ms: float, acquire_timeout_seconds: float) -> None:
        # Piccolo's own constructor connects to the database, even inside a running event loop.
        self.engine_type = self.dialect
        self.min_version_number = 0
        self.query_id = 0
        self.log_queries = self.log_responses = False
        self.current_transaction: ContextVar[Transaction | None] = ContextVar("glueful_orm_transaction", default=None)
        self.acquire_timeout_seconds = acquire_timeout_seconds
        self.slow_query_ms = slow_query_ms
        self._loop: AbstractEventLoop | None = None

    @property
    def slow_query_ms(self) -> float:
        """The threshold of the slow-query log, in milliseconds; 0 for none."""
        return 0.0 if math.isinf(self._slow_seconds) else self._slow_seconds * 1000

    @slow_query_ms.setter
    def slow_query_ms(self, value: float) -> None:
        self._slow_seconds = value / 1000 if value > 0 else math.inf

    # --- life ---

    @abstractmethod
    async def open(self) -> None:
        """Connect. Opening an open engine does nothing.

        Raises:
            DatabaseUnreachable: the database did not answer in time.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close every connection, after the statements that are running. Closing a closed engine does nothing."""

    @property
    def is_open(self) -> bool:
        """Whether statements can run."""
        return self._loop is not None

    def _check_open(self) -> None:
        if self._loop is not get_running_loop():
            raise EngineClosed(repr(self), is_elsewhere=self._loop is not None)

    @property
    @abstractmethod
    def in_use(self) -> int:
        """How many connections are lent at this moment."""

    # --- connections ---

    @abstractmethod
    async def acquire(self, *, write: bool) -> Session:
        """Borrow a connection; waits in line, at most ``acquire_timeout_seconds``. Give it back with ``release``.

        Args:
            write: whether it must be able to write.

        Raises:
            PoolTimeout: none became free in time.
        """

    @abstractmethod
    async def begin(self, isolation: Isolation | None, read_only: bool) -> Session:
        """Borrow a connection with a transaction begun on it. Statements belong into ``transaction()`` instead."""

    @abstractmethod
    def release(self, session: Any) -> None:
        """Give a connection back, in whatever state: what it left open is rolled back before anybody else has it.

        Never waits, so that a cancelled task leaks nothing.
        """

    @abstractmethod
    def _writes(self, sql: str) -> bool:
        """Whether a statement outside a transaction needs a connection that may write."""

    @abstractmethod
    async def _alone(self, operation: str, sql: str, args: Any) -> Any:
        """Run a statement outside any transaction."""

    # --- statements ---

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement.

        A plain ``SELECT`` outside a transaction whose connection breaks is sent once more.
        """
        return await self._run("fetch", sql, args)  # type: ignore[no-any-return]

    async def fetch_named(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a statement, as dictionaries."""
        return await self._run("fetch_named", sql, args)  # type: ignore[no-any-return]

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run a statement; the number of rows that it changed (0 for DDL)."""
        return await self._run("execute", sql, args)  # type: ignore[no-any-return]

    async def insert(self, sql: str, args: Sequence[Any] = ()) -> Any:
        """Insert one row.

        Returns:
            The key that the database made: the first value that PostgreSQL returns (``RETURNING``), SQLite's rowid.
        """
        return await self._run("insert", sql, args)

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each row of arguments, all or nothing; the number of rows given."""
        return await self._run("executemany", sql, rows)  # type: ignore[no-any-return]

    async def _run(self, operation: str, sql: str, args: Any) -> Any:
        transaction = self.current_transaction.get()
        if transaction is None or not transaction.is_open:
            return await self._alone(operation, sql, args)
        session = transaction.session_for_statement()
        try:
            return await self._timed(session, operation, sql, args)
        except BaseException:
            transaction.statement_failed()
            raise

    async def _timed(self, session: Session, operation: str, sql: str, args: Any) -> Any:
        started = perf_counter()
        try:
            result = await getattr(session, operation)(sql, args)
        except BaseException as error:
            report(sql, started, None, error, self.observe, self._slow_seconds)
            raise
        if self.observe is not None or perf_counter() - started >= self._slow_seconds:
            report(sql, started, 1 if operation == "insert" else result, None, self.observe, self._slow_seconds)
        return result

    async def stream(self, sql: str, args: Sequence[Any] = (), batch: int = 500) -> AsyncGenerator[Row, None]:
        """Rows one by one, in constant memory; a connection is lent until the last one.

        Leave the loop early only under ``contextlib.aclosing``, which gives the connection back at once.

        Args:
            sql: a statement that returns rows.
            args: its values.
            batch: number of rows in memory at a time.
        """
        async with aclosing(self._stream(sql, args, batch, named=False)) as rows:
            async for row in rows:
                yield row

    async def stream_named(
        self, sql: str, args: Sequence[Any] = (), batch: int = 500
    ) -> AsyncGenerator[dict[str, Any], None]:
        """As ``stream``, with rows as dictionaries."""
        async with aclosing(self._stream(sql, args, batch, named=True)) as rows:
            async for row in rows:
                yield row

    async def _stream(self, sql: str, args: Sequence[Any], batch: int, *, named: bool) -> AsyncGenerator[Any, None]:
        transaction = self.current_transaction.get()
        if transaction is not None and not transaction.is_open:
            transaction = None
        session = (
            transaction.session_for_statement()
            if transaction is not None
            else await self.begin(None, read_only=not self._writes(sql))
        )
        started = perf_counter()
        count = 0
        error: BaseException | None = None
        try:
            async with aclosing(session.stream(sql, args, batch, named)) as rows:
                async for row in rows:
                    count += 1
                    yield row
            if transaction is None:
                await session.commit()
        except GeneratorExit:
            raise
        except BaseException as failure:
            error = failure
            if transaction is not None:
                transaction.statement_failed()
            raise
        finally:
            if transaction is None:
                self.release(session)
            if self.observe is not None:
                report(sql, started, count, error, self.observe, math.inf)

    # --- transactions ---

    def transaction(
        self,
        transaction_type: object = None,  # noqa: ARG002 - Piccolo passes it
        allow_nested: bool = True,
        *,
        isolation: Isolation | None = None,
        read_only: bool = False,
    ) -> TransactionContext:
        """A transaction, or a savepoint inside the current one: ``async with engine.transaction(): ...``.

        Args:
            transaction_type: Piccolo's; SQLite's transactions are immediate whatever it says, since a deferred one
                that turns to writing cannot wait for its turn.
            allow_nested: False refuses a savepoint.
            isolation: None for the database's default.
            read_only: refuse to write.
        """
        return TransactionContext(lambda: self, isolation=isolation, read_only=read_only, allow_nested=allow_nested)

    # --- Piccolo's way in ---

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[dict[str, Any]]:  # noqa: ARG002 - Piccolo passes it
        """Run a Piccolo query."""
        sql, args = querystring.compile_string(self.engine_type)
        return await self.fetch_named(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[dict[str, Any]]:  # noqa: ARG002 - Piccolo passes it
        """Run a Piccolo DDL statement."""
        return await self.fetch_named(ddl)

    def transform_response_to_dicts(self, results: Any) -> list[dict[str, Any]]:
        """Rows are dictionaries already."""
        return results  # type: ignore[no-any-return]

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Batch:  # noqa: ARG002 - Piccolo passes it
        """Piccolo's ``Select.batch()``: inside the current transaction, or on a connection of the pool."""
        return Batch(self, query, batch_size)

    def atomic(self, transaction_type: object = None) -> Atomic:  # noqa: ARG002 - Piccolo passes it
        """Piccolo's list of queries for one transaction."""
        return Atomic(self)

    async def prep_database(self) -> None:
        """Nothing to prepare."""
