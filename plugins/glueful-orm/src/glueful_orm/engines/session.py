"""One connection, lent to one task: what statements and transactions need of a driver."""

from collections.abc import AsyncGenerator, Awaitable, Iterable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

Isolation: TypeAlias = Literal["read committed", "repeatable read", "serializable"]
"""Isolation levels of SQL:2016 section 4.41.4. PostgreSQL has these three; SQLite is always serializable."""

Row: TypeAlias = Sequence[Any]
"""A row as the driver gives it: a tuple, or an asyncpg ``Record``; both are indexable by position."""


class Session(Protocol):
    """A connection in use. Every method raises ``DatabaseError`` and nothing of the driver's own."""

    def fetch(self, sql: str, args: Sequence[Any]) -> Awaitable[list[Any]]:
        """All rows."""
        ...

    def fetch_named(self, sql: str, args: Sequence[Any]) -> Awaitable[list[dict[str, Any]]]:
        """All rows as dictionaries."""
        ...

    def execute(self, sql: str, args: Sequence[Any]) -> Awaitable[int]:
        """Run a statement; the number of rows that it changed."""
        ...

    def insert(self, sql: str, args: Sequence[Any]) -> Awaitable[Any]:
        """Insert one row; the key that the database made."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Awaitable[int]:
        """Run a statement once for each row of arguments, all or nothing; the number of rows given."""
        ...

    def stream(self, sql: str, args: Sequence[Any], batch: int, named: bool) -> AsyncGenerator[Any, None]:
        """Rows one by one, ``batch`` of them in memory at a time. PostgreSQL needs a transaction for it."""
        ...

    def begin(self, isolation: Isolation | None, read_only: bool, /) -> Awaitable[None]:
        """Begin a transaction."""
        ...

    def commit(self) -> Awaitable[None]:
        """Commit; raises ``CommitOutcomeUnknown`` if the answer never came.

        Runs to its end even if the task that awaits it is cancelled; the cancellation is raised afterwards.
        """
        ...

    def rollback(self) -> Awaitable[None]:
        """Roll back, if there is anything left to roll back."""
        ...

    def control(self, sql: str) -> Awaitable[object]:
        """Run a ``SAVEPOINT``, ``RELEASE`` or ``ROLLBACK TO`` statement."""
        ...
