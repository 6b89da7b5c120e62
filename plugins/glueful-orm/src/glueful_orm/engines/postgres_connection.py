"""One place of the PostgreSQL pool: a connection that is opened when needed, as a session."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import asyncpg

from ..errors import CommitOutcomeUnknown, ConnectionLost, StatementTimeout, TransactionAborted
from .postgres_errors import LOST, translate
from .session import Isolation

CLEANING_SECONDS = 5.0
PING_SECONDS = 2.0


class PostgresConnection:
    """A place of the pool.

    Args:
        connect: opens a connection; raises our errors.

    Attributes:
        connection: asyncpg's, or None.
        expires_at: when it is to be replaced, by the clock of the event loop.
        used_at: when it was last given back.
        is_dirty: whether something was cut short on it, so that its state is not known.
    """

    __slots__ = ("_connect", "connection", "expires_at", "is_dirty", "used_at")

    def __init__(self, connect: "Callable[[PostgresConnection], Awaitable[Any]]") -> None:
        self._connect = connect
        self.connection: Any = None
        self.expires_at = 0.0
        self.used_at = 0.0
        self.is_dirty = False

    # --- the connection itself ---

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self.connection is not None and not self.connection.is_closed()

    @property
    def is_in_transaction(self) -> bool:
        """Whether the server said so after the last statement."""
        return self.connection is not None and bool(self.connection.is_in_transaction())

    async def connect(self) -> None:
        """Open a connection in place of the one that is there."""
        self.drop()
        self.connection = await self._connect(self)

    def drop(self) -> None:
        """Close the connection at once, without a farewell."""
        connection, self.connection = self.connection, None
        self.is_dirty = False
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Close the connection politely."""
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                await connection.close(timeout=CLEANING_SECONDS)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.terminate()

    async def is_alive(self) -> bool:
        """Ask the server, since a firewall may have dropped an idle connection without a word."""
        try:
            await self.connection.execute("", timeout=PING_SECONDS)
        except Exception:  # whatever it was, the connection is not to be trusted
            return False
        return True

    async def clean(self) -> None:
        """Bring the connection back to a known state, or drop it."""
        connection = self.connection
        try:
            async with asyncio.timeout(CLEANING_SECONDS):
                await connection.execute("")  # waits until a cancelled statement has ended
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
            self.is_dirty = False
        except Exception:
            self.drop()
        except BaseException:
            self.drop()
            raise

    # --- statements ---

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[Any]:
        """All rows, as asyncpg ``Record``."""
        try:
            return await self.connection.fetch(sql, *args)  # type: ignore[no-any-return]
        except Exception as error:
            failure = self._translated(error, sql)
        except BaseException:
            self.is_dirty = True
            raise
        raise failure

    async def fetch_named(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """All rows, as dictionaries."""
        return [dict(record.items()) for record in await self.fetch(sql, args)]

    async def execute(self, sql: str, args: Sequence[Any]) -> int:
        """Run a statement; the number of rows that it changed."""
        tag = await self._execute(sql, args)
        command, _, count = tag.rpartition(" ")
        return int(count) if count.isdigit() and not command.startswith("SELECT") else 0

    async def _execute(self, sql: str, args: Sequence[Any] = ()) -> str:
        try:
            return await self.connection.execute(sql, *args)  # type: ignore[no-any-return]
        except Exception as error:
            failure = self._translated(error, sql)
        except BaseException:
            self.is_dirty = True
            raise
        raise failure

    async def insert(self, sql: str, args: Sequence[Any]) -> Any:
        """Insert one row; the first value that it returns."""
        rows = await self.fetch(sql, args)
        return rows[0][0] if rows else None

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement for each row of arguments, all or nothing."""
        given = rows if isinstance(rows, list | tuple) else list(rows)
        try:
            await self.connection.executemany(sql, given)
        except Exception as error:
            failure = self._translated(error, sql)
        except BaseException:
            self.is_dirty = True
            raise
        else:
            return len(given)
        raise failure

    async def stream(self, sql: str, args: Sequence[Any], batch: int, named: bool) -> AsyncGenerator[Any, None]:
        """Rows one by one, through a cursor."""
        try:
            cursor = await self.connection.cursor(sql, *args)
            while rows := await cursor.fetch(batch):
                for row in rows:
                    yield dict(row.items()) if named else row
            return
        except GeneratorExit:
            raise
        except Exception as error:
            failure = self._translated(error, sql)
        except BaseException:
            self.is_dirty = True
            raise
        raise failure

    def _translated(self, error: Exception, sql: str) -> Exception:
        failure = translate(error, sql)
        if isinstance(failure, ConnectionLost):
            self.drop()
        elif isinstance(failure, StatementTimeout) and failure.sqlstate is None:
            self.is_dirty = True
        return failure

    # --- transactions ---

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None:
        """Begin."""
        level = f" ISOLATION LEVEL {isolation.upper()}" if isolation else ""
        await self._execute(f"BEGIN{level}{' READ ONLY' if read_only else ''}")

    async def commit(self) -> None:
        """Commit; a connection that breaks before the answer leaves the outcome unknown."""
        if not self.is_connected:
            raise ConnectionLost(LOST)
        try:
            tag = await self._execute("COMMIT")
        except (ConnectionLost, StatementTimeout) as error:
            if isinstance(error, StatementTimeout) and error.sqlstate is not None:
                raise
        else:
            if tag == "COMMIT":
                return
            raise TransactionAborted
        raise CommitOutcomeUnknown

    async def rollback(self) -> None:
        """Roll back, if the connection is still there."""
        if self.is_connected:
            await self._execute("ROLLBACK")

    async def control(self, sql: str) -> None:
        """Run a statement about a savepoint."""
        await self._execute(sql)
