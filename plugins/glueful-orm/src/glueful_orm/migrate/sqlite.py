"""Changes as SQLite statements. What ALTER TABLE cannot do is done by rebuilding the table.

SQLite's own recipe (https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes"), with
foreign keys off during the whole transaction: dropping the old table would otherwise delete the rows of its children.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple

from piccolo.columns.column_types import ForeignKey

from .changes import (
    AddColumn,
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
from .errors import MigrationInvalid
from .names import index_name, quote, text_literal
from .reader import Fetch
from .render import backfill, create_index, create_indexes, create_table, render_column, render_default, render_type
from .state import Step, TableState

NUMERIC_TYPES = ("INTEGER", "BIGINT", "SMALLINT", "REAL", "DOUBLE PRECISION", "NUMERIC", "BOOLEAN")


class Check(NamedTuple):
    """A question whose answer must be no rows, asked before COMMIT."""

    sql: str
    problem: str
    """What is wrong where there is a row; ``{}`` is its first value."""


class SqliteCompiler:
    """Makes the statements of one step, in order; reads the database between them, where it matters.

    Args:
        step: from which state to which.
        fetch: asks the database for rows; the statements yielded before are expected to be executed, or nothing at all.
    """

    def __init__(self, step: Step, fetch: Fetch) -> None:
        self.step, self.fetch = step, fetch
        self.changes = difference(step, "sqlite")
        self.checks: list[Check] = []
        self._rebuilt = rebuilt(step, self.changes)

    @property
    def needs_foreign_keys_off(self) -> bool:
        """Whether the transaction must begin with ``PRAGMA foreign_keys=0`` already set."""
        return bool(self._rebuilt) or any(isinstance(change, DropTables) for change in self.changes)

    async def statements(self) -> AsyncIterator[str]:
        """The SQL; fills ``checks`` on the way."""
        for change in self.changes:
            if isinstance(change, DropTables):
                for table in (change.table, *change.others):
                    yield f"DROP TABLE {quote(table.name)}"
                    self.checks.append(_nobody_points_to(table))
        for change in self.changes:
            if isinstance(change, RenameTable):
                for statement in self._rename_table(change):
                    yield statement
        for change in self.changes:
            if isinstance(change, CreateTable):
                yield create_table(change.table, self.step.after, "sqlite")
                for statement in create_indexes(change.table, "sqlite"):
                    yield statement
        for change in self.changes:
            if isinstance(change, RenameColumn):
                for statement in self._rename_column(change):
                    yield statement
        for change in self.changes:
            if change.table.class_name not in self._rebuilt:
                for statement in self._simple(change):
                    yield statement
        for class_name in sorted(self._rebuilt):
            old = self.step.before.tables[self.step.app, self.step.old_class(class_name) or class_name]
            async for statement in self._rebuild(old, self.step.after.tables[self.step.app, class_name]):
                yield statement
        if self.needs_foreign_keys_off:
            self.checks.append(
                Check(
                    'SELECT "table" || \' -> \' || "parent" FROM pragma_foreign_key_check LIMIT 1',
                    "leaves rows without the row that they refer to: {}",
                )
            )

    def _rename_table(self, change: RenameTable) -> Iterable[str]:
        old, new = change.table, change.new
        if old.name == new.name:
            return
        is_rebuilt = new.class_name in self._rebuilt
        kept = [c for c in old.columns.values() if c._meta.index]
        yield from (f"DROP INDEX IF EXISTS {quote(index_name(old.name, c._meta.db_column_name))}" for c in kept)
        yield f"ALTER TABLE {quote(old.name)} RENAME TO {quote(new.name)}"
        if not is_rebuilt:
            yield from (create_index(column, new, "sqlite") for column in kept)

    def _rename_column(self, change: RenameColumn) -> Iterable[str]:
        table, old, new = change.table, change.old._meta, change.new._meta
        is_indexed = old.index and table.class_name not in self._rebuilt
        if is_indexed:
            yield f"DROP INDEX IF EXISTS {quote(index_name(table.name, old.db_column_name))}"
        name = quote(table.name)
        yield f"ALTER TABLE {name} RENAME COLUMN {quote(old.db_column_name)} TO {quote(new.db_column_name)}"
        if is_indexed and new.index:
            yield create_index(change.new, table, "sqlite")

    def _simple(self, change: Change) -> Iterable[str]:
        table = change.table
        if isinstance(change, AddColumn):
            column = render_column(change.column, table, self.step.after, "sqlite")
            yield f"ALTER TABLE {quote(table.name)} ADD COLUMN {column}"
            if change.column._meta.index:
                yield create_index(change.column, table, "sqlite")
        elif isinstance(change, AlterColumn):
            if change.old._meta.index:
                yield f"DROP INDEX IF EXISTS {quote(index_name(table.name, change.new._meta.db_column_name))}"
            if change.new._meta.index:
                yield create_index(change.new, table, "sqlite")

    async def _rebuild(self, old: TableState, new: TableState) -> AsyncIterator[str]:
        await self._refuse_strangers(old, new)
        temporary = f"_glueful_new_{new.class_name}"[:60]
        copied = self._copied(old, new)
        preserved = [statement async for statement in self._preserved(old, new)]
        yield create_table(new, self.step.after, "sqlite", name=temporary)
        if copied:
            targets = ", ".join(quote(name) for name, _ in copied)
            sources = ", ".join(source for _, source in copied)
            yield f"INSERT INTO {quote(temporary)} ({targets}) SELECT {sources} FROM {quote(new.name)}"
        yield f"DROP TABLE {quote(new.name)}"
        yield "PRAGMA legacy_alter_table=ON"
        yield f"ALTER TABLE {quote(temporary)} RENAME TO {quote(new.name)}"
        yield "PRAGMA legacy_alter_table=OFF"
        for statement in [*create_indexes(new, "sqlite"), *preserved]:
            yield statement

    def _copied(self, old: TableState, new: TableState) -> list[tuple[str, str]]:
        """Column and expression that fills it, for all but those whose default does."""
        renames = self.step.columns.get(new.class_name, {})
        old_names = {renames.get(name, name): column for name, column in old.columns.items()}
        copied = []
        for attribute, column in new.columns.items():
            name = column._meta.db_column_name
            before = old_names.get(attribute)
            value = backfill(column, "sqlite")
            if before is None:
                if value is not None:
                    copied.append((name, value))
                continue
            must_fill = before._meta.null and not column._meta.null and value is not None
            copied.append((name, f"COALESCE({quote(name)}, {value})" if must_fill else quote(name)))
            kind = render_type(column, new, self.step.after, "sqlite")
            if kind != render_type(before, old, self.step.before, "sqlite") and kind.startswith(NUMERIC_TYPES):
                sql = f"SELECT 1 FROM {quote(new.name)} WHERE typeof({quote(name)}) IN ('text', 'blob') LIMIT 1"
                self.checks.append(Check(sql, f"cannot turn {new.name}.{name} into {kind}: a value is no number"))
        return copied

    async def _refuse_strangers(self, old: TableState, new: TableState) -> None:
        present = {str(row[0]) for row in await self.fetch("SELECT name FROM pragma_table_info(?)", [new.name])}
        renames = self.step.columns.get(new.class_name, {})
        known = {*old.column_names(), *new.column_names()} | {
            new.columns[renames[name]]._meta.db_column_name for name in old.columns if renames.get(name) in new.columns
        }
        if strangers := sorted(present - known):
            raise MigrationInvalid(
                self.step.app,
                self.step.migration,
                f"rebuilds {new.name}, which has columns that no migration adds: {', '.join(strangers)}",
                "add them to the model and write a migration for them, or drop them",
            )

    async def _preserved(self, old: TableState, new: TableState) -> AsyncIterator[str]:
        """Indexes and triggers that were made with SQL, of columns that remain."""
        managed = {
            index_name(table.name, column._meta.db_column_name)
            for table in (old, new)
            for column in table.columns.values()
            if column._meta.index
        } | {index_name(new.name, name) for name in old.column_names()}
        remaining = set(new.column_names())
        rows = await self.fetch(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
            "AND type IN ('index', 'trigger') ORDER BY name",
            [new.name],
        )
        for kind, name, sql in rows:
            if kind == "index":
                if name in managed:
                    continue
                columns = await self.fetch("SELECT name FROM pragma_index_info(?)", [name])
                if not {column for (column,) in columns if column is not None} <= remaining:
                    continue
            yield str(sql)


def _nobody_points_to(table: TableState) -> Check:
    name = text_literal(table.name)
    return Check(
        "SELECT m.name FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS k "
        f"WHERE m.type = 'table' AND k.\"table\" = {name} COLLATE NOCASE "
        f"AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {name} COLLATE NOCASE) LIMIT 1",
        f"drops {table.name}, which {{}} still refers to",
    )


def rebuilt(step: Step, changes: Sequence[Change]) -> set[str]:
    """Class names, after the step, of the tables that ALTER TABLE cannot change."""
    hard = [change for change in changes if not _is_simple(change, step)]
    old = {step.tables[c.table.class_name] for c in hard if isinstance(c, DropColumn | DropConstraint | DropForeignKey)}
    new = {c.table.class_name for c in hard if not isinstance(c, DropColumn | DropConstraint | DropForeignKey)}
    return old | (new & set(step.tables.values()))


def _is_simple(change: Change, step: Step) -> bool:
    if isinstance(change, AddColumn):
        column, default = change.column, render_default(change.column, "sqlite")
        is_constant = default is not None and not default.startswith(("(", "current_", "CURRENT_"))
        return (
            (is_constant or (default is None and column._meta.null))
            and not column._meta.unique
            and not column._meta.primary_key
            and not (isinstance(column, ForeignKey) and default is not None)
        )
    if isinstance(change, AlterColumn):
        old, new = change.old, change.new
        return (
            render_type(old, change.table, step.before, "sqlite")
            == render_type(new, change.table, step.after, "sqlite")
            and render_default(old, "sqlite") == render_default(new, "sqlite")
            and (old._meta.null, old._meta.unique) == (new._meta.null, new._meta.unique)
        )
    return isinstance(change, CreateTable | DropTables | RenameTable | RenameColumn)
