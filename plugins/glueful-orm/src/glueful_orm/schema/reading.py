"""The same questions to either database."""

from ..migrate.reader import Fetch
from ..migrate.render import Dialect
from . import postgres, sqlite
from .tables import TableInfo, TableSize


async def table_names(dialect: Dialect, fetch: Fetch, schema: str | None = None) -> list[str]:
    """Names of all tables, in order; on PostgreSQL of one schema, by default the first of the search path."""
    return await (sqlite.table_names(fetch) if dialect == "sqlite" else postgres.table_names(fetch, schema))


async def read_table(name: str, dialect: Dialect, fetch: Fetch, schema: str | None = None) -> TableInfo | None:
    """A table by its name; None if there is none."""
    table = await (sqlite.read(name, fetch) if dialect == "sqlite" else postgres.read(name, fetch, schema))
    return table if table.columns else None


async def read_tables(dialect: Dialect, fetch: Fetch) -> list[TableInfo]:
    """All tables, by name."""
    found = [await read_table(name, dialect, fetch) for name in await table_names(dialect, fetch)]
    return [table for table in found if table is not None]


async def table_sizes(dialect: Dialect, fetch: Fetch) -> list[TableSize]:
    """Rows, counted one by one, and bytes, of each table, by name."""
    return await (sqlite.sizes(fetch) if dialect == "sqlite" else postgres.sizes(fetch))
