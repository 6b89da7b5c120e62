"""SQLite's catalogue."""

import re
from collections.abc import Sequence
from itertools import groupby

from ..migrate.reader import Fetch
from .tables import ColumnInfo, ForeignKeyInfo, IndexInfo, TableInfo, TableSize


async def table_names(fetch: Fetch) -> list[str]:
    """All tables but SQLite's own."""
    rows = await fetch(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        [],
    )
    return [str(row[0]) for row in rows]


async def read(name: str, fetch: Fetch) -> TableInfo:
    """A table by its name."""
    columns = await fetch('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid', [name])
    key = sorted((row[4], str(row[0])) for row in columns if row[4])
    keys = await fetch(
        'SELECT id, "table", "from", "to", on_delete, on_update FROM pragma_foreign_key_list(?) ORDER BY id, seq',
        [name],
    )
    sql = await fetch("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [name])
    return TableInfo(
        name,
        [
            ColumnInfo(str(row[0]), str(row[1]), not row[2] and not row[4], None if row[3] is None else str(row[3]))
            for row in columns
        ],
        tuple(column for _, column in key),
        [_foreign_key(list(rows)) for _, rows in groupby(keys, key=lambda row: row[0])],
        [await _index(row, fetch) for row in await _index_list(name, fetch)],
        check_names(str(sql[0][0])) if sql else (),
    )


def _foreign_key(rows: Sequence[Sequence[object]]) -> ForeignKeyInfo:
    _, table, _, _, on_delete, on_update = rows[0]
    targets = tuple(str(row[3]) for row in rows if row[3] is not None)
    return ForeignKeyInfo(tuple(str(row[2]) for row in rows), str(table), targets, str(on_delete), str(on_update))


async def _index_list(name: str, fetch: Fetch) -> Sequence[Sequence[object]]:
    return await fetch(
        "SELECT name, \"unique\", partial FROM pragma_index_list(?) WHERE origin != 'pk' ORDER BY name", [name]
    )


async def _index(row: Sequence[object], fetch: Fetch) -> IndexInfo:
    name = str(row[0])
    columns = await fetch("SELECT name FROM pragma_index_info(?) ORDER BY seqno", [name])
    return IndexInfo(name, tuple(str(item[0] or "") for item in columns), bool(row[1]), bool(row[2]))


_CHECK = re.compile(
    r"""'(?:[^']|'')*'|(?:CONSTRAINT\s+(?P<name>"(?:[^"]|"")*"|\w+)\s+)?(?P<check>CHECK)\s*\(|"(?:[^"]|"")*"|\w+|.""",
    re.IGNORECASE | re.DOTALL,
)


def check_names(sql: str) -> tuple[str, ...]:
    """Names of the CHECK constraints in a CREATE TABLE; SQLite keeps them nowhere else."""
    names = []
    for match in _CHECK.finditer(sql):
        if match["check"]:
            name = match["name"] or ""
            names.append(name[1:-1].replace('""', '"') if name.startswith('"') else name)
    return tuple(names)


async def sizes(fetch: Fetch) -> list[TableSize]:
    """Rows, counted, and bytes with indexes, of each table."""
    found = []
    options = {str(row[0]) for row in await fetch("SELECT compile_options FROM pragma_compile_options", [])}
    for name in await table_names(fetch):
        quoted = '"' + name.replace('"', '""') + '"'
        rows = await fetch(f"SELECT count(*) FROM {quoted}", [])
        size = None
        if "ENABLE_DBSTAT_VTAB" in options:
            pages = await fetch(
                "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN "
                "(SELECT name FROM sqlite_master WHERE tbl_name = ?)",
                [name],
            )
            size = int(pages[0][0] or 0)
        found.append(TableSize(name, int(rows[0][0]), size))
    return found
