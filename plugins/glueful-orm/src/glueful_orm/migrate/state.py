"""What the tables look like after each migration: Piccolo's recorded operations, added up.

Nothing here reads a database. A migration is the step from one ``State`` to the next, and backwards the step from that
one to the first; both directions are therefore compiled by the same code.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from piccolo.columns.base import Column
from piccolo.columns.column_types import ForeignKey, Serial
from piccolo.columns.reference import LazyTableReference
from piccolo.constraints import Check, Constraint, Unique

from .errors import MigrationInvalid
from .names import quote

if TYPE_CHECKING:
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager


@dataclass(frozen=True)
class TableState:
    """A table at one moment."""

    app: str
    class_name: str
    name: str
    schema: str | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Attribute name to column, in order; with the implicit ``id`` where no column is a primary key."""
    constraints: Mapping[str, Constraint] = field(default_factory=dict)

    def column_names(self) -> list[str]:
        """Names in the database."""
        return [column._meta.db_column_name for column in self.columns.values()]


@dataclass(frozen=True)
class State:
    """All tables of all apps at one moment."""

    tables: Mapping[tuple[str, str], TableState] = field(default_factory=dict)
    """By app and class name."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old table name to the next one, for foreign keys of apps that know the table by its old name."""

    def named(self, name: str) -> TableState | None:
        """The table that is, or was once, called ``name``."""
        current = self.current_name(name)
        return next((table for table in self.tables.values() if table.name == current), None)

    def current_name(self, name: str) -> str:
        """Today's name of the table that was once called ``name``."""
        present = {table.name for table in self.tables.values()}
        seen = {name}
        while name not in present and (following := self.renamed.get(name)) is not None and following not in seen:
            seen.add(following)
            name = following
        return name


@dataclass(frozen=True)
class Step:
    """From one state to another, in one app."""

    app: str
    migration: str
    before: State
    after: State
    tables: Mapping[str, str] = field(default_factory=dict)
    """Class name before to class name after, for every table of the app that is there before and after."""
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Class name after to: attribute name before to attribute name after, for renamed columns."""

    def old_class(self, new: str) -> str | None:
        """Class name before of the table called ``new`` after; None for a new table."""
        return next((old for old, name in self.tables.items() if name == new), None)

    def reversed(self) -> "Step":
        """The same step backwards."""
        tables = {new: old for old, new in self.tables.items()}
        columns = {
            tables[table]: {new: old for old, new in renamed.items()}
            for table, renamed in self.columns.items()
            if table in tables
        }
        return Step(self.app, self.migration, self.after, self.before, tables, columns)


def fresh(column: Column, column_class: type[Column] | None = None, **changes: Any) -> Column:
    """A copy made anew from the recorded parameters: Piccolo's own snapshots keep the old default and length."""
    kind = column_class or type(column)
    params = {**column._meta.params, **changes}
    if kind is not type(column):
        known = {*inspect.signature(kind.__init__).parameters, *inspect.signature(Column.__init__).parameters}
        params = {name: value for name, value in params.items() if name in known}
    copy = kind(**params)
    copy._meta._name = column._meta._name
    copy._meta._db_column_name = column._meta._db_column_name
    return copy


def advance(state: State, app: str, migration: str, manager: "MigrationManager") -> Step:
    """The step that a migration makes from ``state``.

    Raises:
        MigrationInvalid: it changes what no earlier migration of its app creates, or creates a thing twice.
    """
    return _Advance(state, app, migration).run(manager)


class _Advance:
    def __init__(self, state: State, app: str, migration: str) -> None:
        self.before, self.app, self.migration = state, app, migration
        self.tables = dict(state.tables)
        self.renamed = dict(state.renamed)
        self.table_names = {name: name for owner, name in state.tables if owner == app}
        self.column_names: dict[str, dict[str, str]] = {}

    def run(self, manager: "MigrationManager") -> Step:
        self._tables(manager)
        created = {table.class_name for table in manager.add_tables}
        for name in self._touched(manager):
            table = self._table(name)
            columns = self._columns(manager, table)
            constraints = self._constraints(manager, table)
            if not any(column._meta.primary_key for column in columns.values()):
                columns = {"id": _implicit_key(), **columns}
            self._check_columns(table, columns, is_new=name in created)
            self.tables[self.app, name] = replace(table, columns=columns, constraints=constraints)
        after = State(self.tables, self.renamed)
        return Step(self.app, self.migration, self.before, after, self.table_names, self.column_names)

    def _touched(self, manager: "MigrationManager") -> list[str]:
        collections = (
            manager.add_columns,
            manager.drop_columns,
            manager.rename_columns,
            manager.alter_columns,
            manager.add_constraints,
            manager.drop_constraints,
        )
        names = {name for collection in collections for name in _class_names(collection)}
        return sorted(names | {table.class_name for table in manager.add_tables})

    def _table(self, class_name: str) -> TableState:
        table = self.tables.get((self.app, class_name))
        if table is None:
            raise self._invalid(
                f"changes the table of {class_name}, which no earlier migration of {self.app} creates",
                "put the change into the app that owns the table, or write SQL with `manager.add_raw`",
            )
        return table

    def _invalid(self, problem: str, fix: str = "") -> MigrationInvalid:
        return MigrationInvalid(self.app, self.migration, problem, fix)

    def _tables(self, manager: "MigrationManager") -> None:
        for dropped in manager.drop_tables:
            self._table(dropped.class_name)
            del self.tables[self.app, dropped.class_name]
            self.table_names.pop(dropped.class_name, None)
        for renamed in manager.rename_tables:
            table = self._table(renamed.old_class_name)
            del self.tables[self.app, renamed.old_class_name]
            self.tables[self.app, renamed.new_class_name] = replace(
                table, class_name=renamed.new_class_name, name=renamed.new_tablename
            )
            self.table_names[renamed.old_class_name] = renamed.new_class_name
            if renamed.old_tablename != renamed.new_tablename:
                self.renamed[table.name] = renamed.new_tablename
                self.renamed.pop(renamed.new_tablename, None)
        for moved in manager.change_table_schemas:
            table = self._table(moved.class_name)
            self.tables[self.app, moved.class_name] = replace(table, schema=moved.new_schema)
        for added in manager.add_tables:
            taken = next(
                (t for t in self.tables.values() if (t.name, t.schema) == (added.tablename, added.schema)), None
            )
            if (self.app, added.class_name) in self.tables or taken is not None:
                owner = f"{taken.app} ({taken.class_name})" if taken else self.app
                raise self._invalid(
                    f"creates the table {added.tablename}, which {owner} already has", "give it another `tablename`"
                )
            columns = {column._meta.name: column for column in added.columns}
            self.tables[self.app, added.class_name] = TableState(
                self.app, added.class_name, added.tablename, added.schema, columns
            )

    def _columns(self, manager: "MigrationManager", table: TableState) -> dict[str, Column]:
        name = table.class_name
        columns = dict(table.columns)
        for dropped in manager.drop_columns.for_table_class_name(name):
            self._known(columns, name, dropped.column_name)
            del columns[dropped.column_name]
        renames = {r.old_column_name: r for r in manager.rename_columns.for_table_class_name(name)}
        for old in renames:
            self._known(columns, name, old)
        renamed: dict[str, Column] = {}
        for attribute, column in columns.items():
            if (rename := renames.get(attribute)) is None:
                renamed[attribute] = column
                continue
            copy = renamed[rename.new_column_name] = fresh(column)
            copy._meta._name, copy._meta._db_column_name = rename.new_column_name, rename.new_db_column_name
        columns = renamed
        if renames:
            self.column_names[name] = {old: r.new_column_name for old, r in renames.items()}
        for altered in manager.alter_columns.for_table_class_name(name):
            column = self._known(columns, name, altered.column_name)
            columns[altered.column_name] = fresh(column, altered.column_class, **altered.params)
        for column in manager.add_columns.columns_for_table_class_name(name):
            if column._meta.name in columns:
                raise self._invalid(f"adds the column {name}.{column._meta.name} a second time")
            columns[column._meta.name] = column
        return columns

    def _known(self, columns: Mapping[str, Column], table: str, name: str) -> Column:
        if name not in columns:
            raise self._invalid(f"changes the column {table}.{name}, which no earlier migration of {self.app} adds")
        return columns[name]

    def _check_columns(self, table: TableState, columns: Mapping[str, Column], *, is_new: bool) -> None:
        names = [column._meta.db_column_name for column in columns.values()]
        for name in (table.name, *names):
            quote(name)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise self._invalid(f"gives the table {table.name} two columns called {', '.join(twice)}")
        keys = [name for name, column in columns.items() if column._meta.primary_key]
        if len(keys) > 1:
            raise self._invalid(
                f"gives the table {table.name} {len(keys)} primary keys: {', '.join(keys)}",
                "keep one, and put a `Unique([...])` constraint on the pair",
            )
        if not is_new and table.columns and keys != [n for n, c in table.columns.items() if c._meta.primary_key]:
            renames = self.column_names.get(table.class_name, {})
            if keys != [renames.get(n, n) for n, c in table.columns.items() if c._meta.primary_key]:
                raise self._invalid(f"changes which column of {table.name} is the primary key", "create a new table")

    def _constraints(self, manager: "MigrationManager", table: TableState) -> dict[str, Constraint]:
        name = table.class_name
        constraints = dict(table.constraints)
        for dropped in manager.drop_constraints.for_table_class_name(name):
            if dropped.constraint_name not in constraints:
                raise self._invalid(f"drops the constraint {name}.{dropped.constraint_name}, which is not there")
            del constraints[dropped.constraint_name]
        renames = {
            rename.old_db_column_name: rename.new_db_column_name
            for rename in manager.rename_columns.for_table_class_name(name)
        }
        constraints = {key: with_renamed_columns(item, renames) for key, item in constraints.items()}
        for constraint in manager.add_constraints.constraints_for_table_class_name(name):
            if constraint._meta.name in constraints:
                raise self._invalid(f"adds the constraint {name}.{constraint._meta.name} a second time")
            constraints[constraint._meta.name] = constraint
        return constraints


def _class_names(collection: Any) -> Iterable[str]:
    names: list[str] = getattr(collection, "table_class_names", None) or []
    return names or {item.table_class_name for item in getattr(collection, "rename_columns", ())}


def _implicit_key() -> Serial:
    key = Serial(primary_key=True, index=False, db_column_name="id")
    key._meta._name = "id"
    return key


def unique_columns(constraint: Unique) -> list[str]:
    """The columns of a UNIQUE constraint, by their names in the database."""
    return [item if isinstance(item, str) else item._meta.db_column_name for item in constraint.columns]


_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*|.""", re.DOTALL)


def with_renamed_columns(constraint: Constraint, renames: Mapping[str, str]) -> Constraint:
    """The same constraint after columns were renamed; databases do this by themselves, recorded text does not."""
    name = constraint._meta._name
    if not renames:
        return constraint
    if isinstance(constraint, Unique):
        columns: list[Column | str] = [renames.get(name, name) for name in unique_columns(constraint)]
        return Unique(columns, nulls_distinct=constraint.nulls_distinct, name=name)
    if isinstance(constraint, Check):
        quoted = {f'"{old}"': f'"{new}"' for old, new in renames.items()} | {
            old: f'"{new}"' for old, new in renames.items()
        }
        text = "".join(quoted.get(token, token) for token in _TOKENS.findall(constraint.get_condition_str()))
        return Check(text, name=name)
    return constraint


def is_same_constraint(first: Constraint, second: Constraint) -> bool:
    """Whether two constraints say the same, whichever of their names are quoted."""
    words = [[token.strip('"') for token in _TOKENS.findall(item.ddl) if token.strip()] for item in (first, second)]
    return type(first) is type(second) and words[0] == words[1]


def referenced_table(column: "ForeignKey[Any]", table: TableState, state: State) -> TableState | None:
    """The table that a foreign key points to, as it is in ``state``; None if no migration creates it."""
    references = column._meta.params.get("references")
    if references == "self":
        return state.tables.get((table.app, table.class_name), table)
    if isinstance(references, str):
        references = _by_class_name(references.rpartition(".")[2], table.app, state)
    elif isinstance(references, LazyTableReference):
        if references.app_name is not None:
            return state.tables.get((references.app_name, references.table_class_name))
        references = references.resolve()
    if references is None and column._meta._table is not None:
        references = column._foreign_key_meta.resolved_references
    if references is None or isinstance(references, TableState):
        return references
    return state.named(references._meta.tablename)


def _by_class_name(class_name: str, app: str, state: State) -> TableState | None:
    own = state.tables.get((app, class_name))
    return own or next((table for (_, name), table in state.tables.items() if name == class_name), None)
