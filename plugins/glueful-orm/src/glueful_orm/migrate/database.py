"""The database as migrations use it: plain SQL, a transaction in which foreign keys may be off, and the lock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..schema.reading import table_names
from .lock import advisory_lock, file_lock
from .names import quote
from .render import Dialect

if TYPE_CHECKING:
    from ..engines import Engine
    from ..settings import OrmSettings


class Database:
    """An engine, and what migrations need beyond it.

    Args:
        engine: open.
        settings: of the plugin.
    """

    def __init__(self, engine: "Engine", settings: "OrmSettings") -> None:
        self.engine = engine
        self.dialect: Dialect = engine.dialect
        self._settings = settings

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        """Rows of a statement; inside a transaction, within it."""
        return [tuple(row) for row in await self.engine.fetch(sql, parameters)]

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement with parameters."""
        await self.engine.execute(sql, parameters)

    async def run(self, sql: str) -> None:
        """Run a statement that changes the schema."""
        await self.engine.run_ddl(sql)

    async def tables(self) -> list[str]:
        """Names of all tables."""
        return await table_names(self.dialect, self.fetch)

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """Hold the migration lock of this database; whoever dies gives it back.

        PostgreSQL: an advisory lock on a connection of its own, which covers migrations without a transaction as well.
        SQLite: a lock on ``<file>.migrate.lock``; a database in memory has no other process.

        Raises:
            MigrationLockTimeout: another process holds it for too long.
        """
        timeout = self._settings.migration_lock_timeout_seconds
        if self.dialect == "postgres":
            session = await self.engine.acquire(write=True)
            try:
                async with advisory_lock(session, timeout):
                    yield
            finally:
                self.engine.release(session)
        elif (path := self.engine.path) is not None:
            async with file_lock(Path(f"{path}.migrate.lock"), timeout):
                yield
        else:
            yield

    @asynccontextmanager
    async def transaction(self, *, foreign_keys: bool = True) -> AsyncIterator[None]:
        """A transaction for one migration.

        Args:
            foreign_keys: False turns them off on SQLite until the end of the transaction.
        """
        off = self.dialect == "sqlite" and not foreign_keys
        if off:
            await self.engine.execute("PRAGMA foreign_keys=0")
        try:
            async with self.engine.transaction():
                if self.dialect == "postgres":
                    milliseconds = int(self._settings.ddl_lock_timeout_seconds * 1000)
                    await self.engine.execute(f"SET LOCAL lock_timeout = {milliseconds}")
                    await self.engine.execute("SET LOCAL statement_timeout = 0")
                yield
        finally:
            if off:
                await self.engine.execute("PRAGMA legacy_alter_table=0")
                await self.engine.execute("PRAGMA foreign_keys=1")

    async def drop_all(self) -> int:
        """Drop every view and table, on PostgreSQL of the first schema of the search path; the number of tables."""
        tables = await self.tables()
        if self.dialect == "sqlite":
            kinds = await self.fetch("SELECT name FROM sqlite_master WHERE type = 'view'")
            cascade = ""
        else:
            kinds = await self.fetch("SELECT viewname FROM pg_views WHERE schemaname = current_schema()")
            cascade = " CASCADE"
        async with self.transaction(foreign_keys=False):
            for (view,) in kinds:
                await self.run(f"DROP VIEW IF EXISTS {quote(view)}{cascade}")
            for table in tables:
                await self.run(f"DROP TABLE IF EXISTS {quote(table)}{cascade}")
        return len(tables)
