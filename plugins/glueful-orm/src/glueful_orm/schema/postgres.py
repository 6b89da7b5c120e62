"""PostgreSQL's catalogue."""

from collections.abc import Sequence
from typing import Any

from ..migrate.reader import Fetch
from .tables import ColumnInfo, ForeignKeyInfo, IndexInfo, TableInfo, TableSize

TABLES = """
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = COALESCE($1::text, current_schema()) ORDER BY c.relname"""

OID = """
SELECT c.oid, n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname = $1 AND n.nspname = COALESCE($2::text, current_schema())"""

COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid), a.attidentity <> ''
FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""

CONSTRAINTS = """
SELECT c.contype::text, c.conname, f.relname, c.confdeltype::text, c.confupdtype::text,
  ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place),
  ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(number, place)
        JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place)
FROM pg_constraint AS c LEFT JOIN pg_class AS f ON f.oid = c.confrelid
WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'f', 'c') ORDER BY c.conname"""

INDEXES = """
SELECT i.relname, x.indisunique, x.indpred IS NOT NULL, m.amname,
  ARRAY(SELECT COALESCE(a.attname::text, '') FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
        WHERE k.place <= x.indnkeyatts ORDER BY k.place)
FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_am AS m ON m.oid = i.relam
WHERE x.indrelid = $1::oid AND NOT x.indisprimary ORDER BY i.relname"""

SIZES = """
SELECT c.relname, pg_total_relation_size(c.oid), format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() ORDER BY c.relname"""

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


async def table_names(fetch: Fetch, schema: str | None = None) -> list[str]:
    """All tables of a schema, by default the first of the search path."""
    return [str(row[0]) for row in await fetch(TABLES, [schema])]


async def read(name: str, fetch: Fetch, schema: str | None = None) -> TableInfo:
    """A table by its name; without columns if there is none."""
    found = await fetch(OID, [name, schema])
    if not found:
        return TableInfo(name, [], schema=schema)
    oid = found[0][0]
    columns = await fetch(COLUMNS, [oid])
    constraints = await fetch(CONSTRAINTS, [oid])
    return TableInfo(
        name,
        [ColumnInfo(str(row[0]), str(row[1]), bool(row[2]), row[3], bool(row[4])) for row in columns],
        next((tuple(row[5]) for row in constraints if row[0] == "p"), ()),
        [_foreign_key(row) for row in constraints if row[0] == "f"],
        [IndexInfo(str(r[0]), tuple(r[4]), bool(r[1]), bool(r[2]), str(r[3])) for r in await fetch(INDEXES, [oid])],
        tuple(str(row[1]) for row in constraints if row[0] == "c"),
        schema,
    )


def _foreign_key(row: Sequence[Any]) -> ForeignKeyInfo:
    _, _, table, on_delete, on_update, columns, targets = row
    return ForeignKeyInfo(tuple(columns), str(table), tuple(targets), ACTIONS[str(on_delete)], ACTIONS[str(on_update)])


async def sizes(fetch: Fetch) -> list[TableSize]:
    """Rows, counted, and bytes with indexes, of each table of the current schema."""
    found = []
    for name, size, qualified in await fetch(SIZES, []):
        rows = await fetch(f"SELECT count(*) FROM {qualified}", [])
        found.append(TableSize(str(name), int(rows[0][0]), int(size)))
    return found
