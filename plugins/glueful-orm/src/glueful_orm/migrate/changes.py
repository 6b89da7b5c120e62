"""What a step changes, in an order in which a database can do it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from piccolo.columns.base import Column
from piccolo.columns.column_types import ForeignKey
from piccolo.constraints import Constraint

from .render import Dialect, ForeignKeyTarget, foreign_key_of, render_default, render_type
from .state import State, Step, TableState, is_same_constraint, with_renamed_columns


@dataclass(frozen=True)
class Change:
    """One change of one table."""

    table: TableState
    """The table as it is when the change is made."""


@dataclass(frozen=True)
class CreateTable(Change):
    """The table with its columns, indexes and constraints."""

    deferred: tuple[str, ...] = ()
    """Attributes whose foreign keys follow as ``AddForeignKey``: they point to tables created later in this step."""


@dataclass(frozen=True)
class DropTables(Change):
    """Tables that go together, since they may refer to one another."""

    others: tuple[TableState, ...] = ()


@dataclass(frozen=True)
class RenameTable(Change):
    """Another name, or another schema."""

    new: TableState


@dataclass(frozen=True)
class AddColumn(Change):
    """A column of an existing table."""

    column: Column


@dataclass(frozen=True)
class DropColumn(Change):
    """A column and its data."""

    column: Column


@dataclass(frozen=True)
class RenameColumn(Change):
    """Another name in the database."""

    old: Column
    new: Column


@dataclass(frozen=True)
class AlterColumn(Change):
    """Another type, default, nullability, uniqueness or index."""

    old: Column
    new: Column


@dataclass(frozen=True)
class AddForeignKey(Change):
    """A reference of an existing column."""

    column: Column


@dataclass(frozen=True)
class DropForeignKey(Change):
    """A reference, not its column."""

    column: Column


@dataclass(frozen=True)
class AddConstraint(Change):
    """A UNIQUE or CHECK of several columns."""

    constraint: Constraint


@dataclass(frozen=True)
class DropConstraint(Change):
    """A UNIQUE or CHECK of several columns."""

    constraint: Constraint


def difference(step: Step, dialect: Dialect) -> list[Change]:
    """The changes of a step; none for what a database does not store, such as ``help_text``."""
    before = {name: table for (app, name), table in step.before.tables.items() if app == step.app}
    after = {name: table for (app, name), table in step.after.tables.items() if app == step.app}
    kept = [(before[old_name], new_name) for old_name, new_name in step.tables.items()]
    dropped = [table for name, table in before.items() if name not in step.tables]
    created = [table for name, table in after.items() if name not in step.tables.values()]

    first: list[Change] = []
    renames: list[Change] = []
    then: list[Change] = []
    last: list[Change] = []
    keys: list[Change] = []
    for old, new_name in kept:
        new = after[new_name]
        if (old.name, old.schema) != (new.name, new.schema):
            renames.append(RenameTable(old, new))
        _table_difference(step, dialect, old, new, first, then, last, keys)
    drops: list[Change] = [DropTables(dropped[0], tuple(dropped[1:]))] if dropped else []
    creates, deferred = _creations(created, step.after)
    return [*first, *drops, *_without_collision(renames), *creates, *then, *last, *deferred, *keys]


def _table_difference(
    step: Step,
    dialect: Dialect,
    old: TableState,
    new: TableState,
    first: list[Change],
    then: list[Change],
    last: list[Change],
    keys: list[Change],
) -> None:
    renames = step.columns.get(new.class_name, {})
    old_names = {renames.get(name, name): name for name in old.columns}
    renamed = {
        old.columns[old_names[name]]._meta.db_column_name: column._meta.db_column_name
        for name, column in new.columns.items()
        if name in old_names and old.columns[old_names[name]]._meta.db_column_name != column._meta.db_column_name
    }
    replaced = {
        name
        for name, constraint in old.constraints.items()
        if name in new.constraints
        and not is_same_constraint(with_renamed_columns(constraint, renamed), new.constraints[name])
    }
    for name, constraint in old.constraints.items():
        if name not in new.constraints or name in replaced:
            first.append(DropConstraint(old, constraint))
    for name, column in old.columns.items():
        if renames.get(name, name) not in new.columns:
            first.append(DropColumn(old, column))
    for name, column in new.columns.items():
        if name not in old_names:
            then.append(AddColumn(new, column))
            continue
        before = old.columns[old_names[name]]
        if before._meta.db_column_name != column._meta.db_column_name:
            then.insert(0, RenameColumn(new, before, column))
        old_key = foreign_key_of(before, old, step.before)
        new_key = foreign_key_of(column, new, step.after)
        if _moved(old_key, step) != new_key:
            if old_key is not None:
                first.append(DropForeignKey(old, before))
            if new_key is not None:
                keys.append(AddForeignKey(new, column))
        if _is_altered(before, old, column, new, step, dialect):
            then.append(AlterColumn(new, before, column))
    for name, constraint in new.constraints.items():
        if name not in old.constraints or name in replaced:
            last.append(AddConstraint(new, constraint))


def _moved(key: ForeignKeyTarget | None, step: Step) -> ForeignKeyTarget | None:
    """The same target under the names it has after the step: databases follow renames by themselves."""
    if key is None:
        return None
    for (app, class_name), table in step.before.tables.items():
        new_name = step.tables.get(class_name)
        if app != step.app or (table.schema, table.name) != (key.schema, key.table) or new_name is None:
            continue
        new = step.after.tables[app, new_name]
        renames = step.columns.get(new.class_name, {})
        for attribute, column in table.columns.items():
            if column._meta.db_column_name == key.column and renames.get(attribute, attribute) in new.columns:
                name = new.columns[renames.get(attribute, attribute)]._meta.db_column_name
                return key._replace(schema=new.schema, table=new.name, column=name)
    return key


def _is_altered(
    old: Column, old_table: TableState, new: Column, new_table: TableState, step: Step, dialect: Dialect
) -> bool:
    return (
        render_type(old, old_table, step.before, dialect) != render_type(new, new_table, step.after, dialect)
        or render_default(old, dialect) != render_default(new, dialect)
        or any(getattr(old._meta, name) != getattr(new._meta, name) for name in ("null", "unique", "index"))
        or (new._meta.index and old._meta.index_method != new._meta.index_method)
    )


def _creations(tables: Sequence[TableState], state: State) -> tuple[list[Change], list[Change]]:
    """Tables in the order of their foreign keys; a key that closes a circle is added afterwards."""
    waiting = {table.name: table for table in tables}
    needs = {
        table.name: {
            key.table for _, key in foreign_keys(table, state) if key.table in waiting and key.table != table.name
        }
        for table in tables
    }
    creates: list[Change] = []
    deferred: list[Change] = []
    while waiting:
        name = next((name for name in waiting if not needs[name] & waiting.keys()), next(iter(waiting)))
        table = waiting.pop(name)
        late = tuple(attribute for attribute, key in foreign_keys(table, state) if key.table in waiting)
        creates.append(CreateTable(table, late))
        deferred.extend(AddForeignKey(table, table.columns[attribute]) for attribute in late)
    return creates, deferred


def foreign_keys(table: TableState, state: State) -> Iterable[tuple[str, ForeignKeyTarget]]:
    """Attribute name and target of each foreign key of a table."""
    for attribute, column in table.columns.items():
        if isinstance(column, ForeignKey) and (key := foreign_key_of(column, table, state)) is not None:
            yield attribute, key


def _without_collision(renames: list[Change]) -> list[Change]:
    """Renames ordered so that each new name is free; two tables that swap names stay as they are, and fail loudly."""
    ordered: list[Change] = []
    waiting = [rename for rename in renames if isinstance(rename, RenameTable)]
    while waiting:
        taken = {rename.table.name for rename in waiting}
        free = next((r for r in waiting if r.new.name not in taken - {r.table.name}), waiting[0])
        waiting.remove(free)
        ordered.append(free)
    return ordered
