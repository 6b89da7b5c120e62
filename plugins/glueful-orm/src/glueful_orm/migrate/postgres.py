"""Changes as PostgreSQL statements.

Names of constraints and indexes are looked up, since renaming a table or column leaves them as they were.
"""

from collections.abc import AsyncIterator, Sequence

from piccolo.columns.column_types import Serial

from .changes import (
    AddColumn,
    AddConstraint,
    AddForeignKey,
    AlterColumn,
    Change,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropForeignKey,
    DropTables,
    RenameColumn,
    RenameTable,
    difference,
)
from .errors import MigrationUnsupported
from .names import index_name, quote
from .reader import Fetch
from .render import (
    backfill,
    create_index,
    create_indexes,
    create_table,
    foreign_key_of,
    qualified,
    render_column,
    render_constraint,
    render_default,
    render_references,
    render_type,
)
from .state import Step, TableState

CONSTRAINT_OF_COLUMN = """
SELECT c.conname FROM pg_constraint AS c
WHERE c.conrelid = to_regclass($1) AND c.contype::text = $2
  AND c.conkey = ARRAY(SELECT a.attnum FROM pg_attribute AS a WHERE a.attrelid = c.conrelid AND a.attname = $3)
ORDER BY c.conname"""

INDEX_OF_COLUMN = """
SELECT i.relname FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
WHERE x.indrelid = to_regclass($1) AND x.indnatts = 1 AND x.indpred IS NULL AND NOT x.indisunique
  AND x.indkey[0] = (SELECT a.attnum FROM pg_attribute AS a WHERE a.attrelid = x.indrelid AND a.attname = $2)
ORDER BY i.relname"""


class PostgresCompiler:
    """Makes the statements of one step, in order; reads the catalogue between them, where it matters.

    Args:
        step: from which state to which.
        fetch: asks the database for rows; the statements yielded before are expected to be executed, or nothing at all.
    """

    needs_foreign_keys_off = False

    def __init__(self, step: Step, fetch: Fetch) -> None:
        self.step, self.fetch = step, fetch
        self.changes = difference(step, "postgres")
        self.checks: Sequence[tuple[str, str]] = ()

    async def statements(self) -> AsyncIterator[str]:
        """The SQL.

        Raises:
            MigrationUnsupported: a change between an automatic key and another type.
        """
        for change in self.changes:
            async for statement in self._change(change):
                yield statement

    async def _change(self, change: Change) -> AsyncIterator[str]:
        table = change.table
        name = qualified(table, "postgres")
        if isinstance(change, CreateTable):
            if table.schema and table.schema != "public":
                yield f"CREATE SCHEMA IF NOT EXISTS {quote(table.schema)}"
            yield create_table(table, self.step.after, "postgres", deferred=change.deferred)
            for statement in create_indexes(table, "postgres"):
                yield statement
        elif isinstance(change, DropTables):
            yield "DROP TABLE " + ", ".join(qualified(each, "postgres") for each in (table, *change.others))
        elif isinstance(change, RenameTable):
            for statement in self._rename_table(table, change.new):
                yield statement
        elif isinstance(change, RenameColumn):
            old, new = change.old._meta.db_column_name, change.new._meta.db_column_name
            yield f"ALTER TABLE {name} RENAME COLUMN {quote(old)} TO {quote(new)}"
            if change.old._meta.index:
                yield _rename_index(table, index_name(table.name, old), index_name(table.name, new))
        elif isinstance(change, AddColumn):
            for statement in self._add_column(change):
                yield statement
        elif isinstance(change, DropColumn):
            yield f"ALTER TABLE {name} DROP COLUMN {quote(change.column._meta.db_column_name)}"
        elif isinstance(change, AlterColumn):
            async for statement in self._alter_column(change):
                yield statement
        elif isinstance(change, AddForeignKey):
            key = foreign_key_of(change.column, table, self.step.after)
            if key is not None:
                column = change.column._meta.db_column_name
                constraint = quote(index_name(table.name, f"{column}_fkey"))
                references = render_references(key, "postgres")
                yield f"ALTER TABLE {name} ADD CONSTRAINT {constraint} FOREIGN KEY ({quote(column)}) {references}"
        elif isinstance(change, DropForeignKey):
            column = change.column._meta.db_column_name
            for constraint in await self._constraints(table, "f", column, f"{column}_fkey"):
                yield f"ALTER TABLE {name} DROP CONSTRAINT {quote(constraint)}"
        elif isinstance(change, AddConstraint):
            yield f"ALTER TABLE {name} ADD {render_constraint(change.constraint, 'postgres')}"
        elif isinstance(change, DropConstraint):
            yield f"ALTER TABLE {name} DROP CONSTRAINT {quote(change.constraint._meta.name)}"

    def _rename_table(self, old: TableState, new: TableState) -> list[str]:
        statements = []
        if old.schema != new.schema:
            target = new.schema or "public"
            if target != "public":
                statements.append(f"CREATE SCHEMA IF NOT EXISTS {quote(target)}")
            statements.append(f"ALTER TABLE {qualified(old, 'postgres')} SET SCHEMA {quote(target)}")
        if old.name != new.name:
            moved = TableState(old.app, old.class_name, old.name, new.schema)
            statements.append(f"ALTER TABLE {qualified(moved, 'postgres')} RENAME TO {quote(new.name)}")
            statements += [
                _rename_index(new, index_name(old.name, column), index_name(new.name, column))
                for column in (c._meta.db_column_name for c in old.columns.values() if c._meta.index)
            ]
        return statements

    def _add_column(self, change: AddColumn) -> list[str]:
        table, column = change.table, change.column
        name, attribute = qualified(table, "postgres"), quote(column._meta.db_column_name)
        definition = render_column(column, table, self.step.after, "postgres")
        value = backfill(column, "postgres")
        if column._meta.null or value is None or render_default(column, "postgres") is not None:
            statements = [f"ALTER TABLE {name} ADD COLUMN {definition}"]
        else:
            statements = [
                f"ALTER TABLE {name} ADD COLUMN {definition.replace(' NOT NULL', '', 1)}",
                f"UPDATE {name} SET {attribute} = {value}",
                f"ALTER TABLE {name} ALTER COLUMN {attribute} SET NOT NULL",
            ]
        if column._meta.index:
            statements.append(create_index(column, table, "postgres"))
        return statements

    async def _alter_column(self, change: AlterColumn) -> AsyncIterator[str]:
        table, old, new = change.table, change.old, change.new
        column = new._meta.db_column_name
        alter = f"ALTER TABLE {qualified(table, 'postgres')} ALTER COLUMN {quote(column)}"
        old_type = render_type(old, table, self.step.before, "postgres")
        new_type = render_type(new, table, self.step.after, "postgres")
        old_default, new_default = render_default(old, "postgres"), render_default(new, "postgres")
        if old_type != new_type:
            if isinstance(old, Serial) != isinstance(new, Serial):
                raise MigrationUnsupported(
                    self.step.app,
                    self.step.migration,
                    f"change {table.name}.{column} from {old_type} to {new_type}",
                    "create a new column, copy the values with `manager.add_raw`, and drop the old one",
                )
            if isinstance(new, Serial):
                plain = new_type.replace("SERIAL", "INT" if new_type == "BIGSERIAL" else "INTEGER")
                yield f"{alter} TYPE {plain}"
                yield f"ALTER SEQUENCE {await self._sequence(table, column)} AS {plain}"
            else:
                if old_default is not None:
                    yield f"{alter} DROP DEFAULT"
                    old_default = None
                yield f"{alter} TYPE {new_type} USING {quote(column)}::{new_type}"
        if old_default != new_default:
            yield f"{alter} DROP DEFAULT" if new_default is None else f"{alter} SET DEFAULT {new_default}"
        if old._meta.null and not new._meta.null:
            if (value := backfill(new, "postgres")) is not None:
                target = qualified(table, "postgres")
                yield f"UPDATE {target} SET {quote(column)} = {value} WHERE {quote(column)} IS NULL"
            yield f"{alter} SET NOT NULL"
        elif new._meta.null and not old._meta.null:
            yield f"{alter} DROP NOT NULL"
        async for statement in self._alter_indexes(change):
            yield statement

    async def _alter_indexes(self, change: AlterColumn) -> AsyncIterator[str]:
        table, old, new = change.table, change.old._meta, change.new._meta
        column, name = new.db_column_name, qualified(table, "postgres")
        if new.unique and not old.unique:
            constraint = quote(index_name(table.name, f"{column}_key"))
            yield f"ALTER TABLE {name} ADD CONSTRAINT {constraint} UNIQUE ({quote(column)})"
        elif old.unique and not new.unique:
            for constraint in await self._constraints(table, "u", column, f"{column}_key"):
                yield f"ALTER TABLE {name} DROP CONSTRAINT {quote(constraint)}"
        method_changed = old.index and new.index and old.index_method != new.index_method
        if old.index and (not new.index or method_changed):
            rows = await self.fetch(INDEX_OF_COLUMN, [name, column])
            schema = f"{quote(table.schema)}." if table.schema else ""
            for index in [str(row[0]) for row in rows] or [index_name(table.name, column)]:
                yield f"DROP INDEX {schema}{quote(index)}"
        if new.index and (not old.index or method_changed):
            yield create_index(change.new, table, "postgres")

    async def _constraints(self, table: TableState, kind: str, column: str, conventional: str) -> list[str]:
        rows = await self.fetch(CONSTRAINT_OF_COLUMN, [qualified(table, "postgres"), kind, column])
        return [str(row[0]) for row in rows] or [index_name(table.name, conventional)]

    async def _sequence(self, table: TableState, column: str) -> str:
        rows = await self.fetch(
            "SELECT pg_get_serial_sequence($1, $2) WHERE to_regclass($1) IS NOT NULL",
            [qualified(table, "postgres"), column],
        )
        found = [str(row[0]) for row in rows if row[0] is not None]
        return found[0] if found else quote(index_name(table.name, f"{column}_seq"))


def _rename_index(table: TableState, old: str, new: str) -> str:
    schema = f"{quote(table.schema)}." if table.schema else ""
    return f"ALTER INDEX IF EXISTS {schema}{quote(old)} RENAME TO {quote(new)}"
