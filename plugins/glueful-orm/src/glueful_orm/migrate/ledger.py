"""The table that remembers which migrations were applied."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .database import Database
    from .files import MigrationFile

TABLE = "glueful_migrations"
COLUMNS = "position, app, name, checksum, applied_at, is_complete"


class Applied(NamedTuple):
    """A migration that was applied."""

    position: int
    """Counts up in the order of application."""
    app: str
    name: str
    checksum: str
    applied_at: str
    """UTC, ISO 8601."""
    is_complete: bool
    """False for one without a transaction that was interrupted."""


class Ledger:
    """Reads and writes the table; writes belong into the transaction of the migration itself.

    Args:
        database: where it lies.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._mark = ["?"] * 5 if database.dialect == "sqlite" else [f"${number}" for number in range(1, 6)]

    async def create(self) -> None:
        """Create the table if it is not there."""
        await self._database.run(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (position INTEGER PRIMARY KEY, app VARCHAR(40) NOT NULL, "
            "name VARCHAR(200) NOT NULL, checksum CHAR(64) NOT NULL, applied_at VARCHAR(40) NOT NULL, "
            "is_complete INTEGER NOT NULL, UNIQUE (app, name))"
        )

    async def exists(self) -> bool:
        """Whether anything was ever migrated here."""
        return TABLE in await self._database.tables()

    async def applied(self) -> list[Applied]:
        """All, in the order of application; none where the table does not exist."""
        if not await self.exists():
            return []
        rows = await self._database.fetch(f"SELECT {COLUMNS} FROM {TABLE} ORDER BY position", [])
        return [Applied(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]

    async def applied_of(self, app: str) -> list[Applied]:
        """Those of one app."""
        return [item for item in await self.applied() if item.app == app]

    async def is_applied(self, app: str, name: str) -> bool:
        """Whether a migration was applied completely; asked inside its transaction."""
        sql = f"SELECT 1 FROM {TABLE} WHERE app = {self._mark[0]} AND name = {self._mark[1]} AND is_complete = 1"
        return bool(await self._database.fetch(sql, [app, name]))

    async def add(self, migration: "MigrationFile", *, is_complete: bool = True) -> None:
        """Write down that a migration is applied, or begun."""
        await self.remove(migration.app, migration.name)
        values: Sequence[object] = [
            migration.app,
            migration.name,
            migration.checksum,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            int(is_complete),
        ]
        marks = ", ".join(self._mark)
        position = f"(SELECT COALESCE(MAX(position), 0) + 1 FROM {TABLE})"
        await self._database.execute(f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ({position}, {marks})", values)

    async def remove(self, app: str, name: str) -> None:
        """Forget a migration."""
        sql = f"DELETE FROM {TABLE} WHERE app = {self._mark[0]} AND name = {self._mark[1]}"
        await self._database.execute(sql, [app, name])

    async def accept(self, migration: "MigrationFile") -> None:
        """Remember the present checksum of an applied migration."""
        sql = f"UPDATE {TABLE} SET checksum = {self._mark[0]} WHERE app = {self._mark[1]} AND name = {self._mark[2]}"
        await self._database.execute(sql, [migration.checksum, migration.app, migration.name])
