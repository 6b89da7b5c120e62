"""Names, types, defaults and columns as SQL text, for SQLite and PostgreSQL."""

import inspect
from collections.abc import Collection
from enum import Enum
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import msgspec
from piccolo.columns.base import Column
from piccolo.columns.column_types import Array, BigInt, BigSerial, ForeignKey, Integer, Serial, Timestamptz
from piccolo.columns.defaults.base import Default
from piccolo.columns.defaults.uuid import UUID4, UUID7
from piccolo.columns.reference import LazyTableReference
from piccolo.constraints import Constraint, Unique

from .errors import MigrationError
from .names import index_name, quote, text_literal
from .state import State, TableState, fresh, referenced_table, unique_columns

Dialect = Literal["sqlite", "postgres"]


class ForeignKeyTarget(NamedTuple):
    """Where a foreign key points to, by names in the database, and what happens there."""

    schema: str | None
    table: str
    column: str
    on_delete: str
    on_update: str


def qualified(table: TableState, dialect: Dialect) -> str:
    """The table's name, with its schema on PostgreSQL."""
    return f"{quote(table.schema)}.{quote(table.name)}" if table.schema and dialect == "postgres" else quote(table.name)


def literal(column: Column, value: Any, dialect: Dialect) -> str | None:
    """A default value as SQL; None for what only Python can make."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, UUID7):
        return None
    if isinstance(value, Default):
        rendered = getattr(value, dialect)
        if dialect == "sqlite" and isinstance(column, Timestamptz):
            rendered = _with_zone(rendered)
        return None if rendered is None else str(rendered)
    if value is None:
        return None
    if isinstance(value, bool):
        return ("1" if value else "0") if dialect == "sqlite" else str(value).lower()
    if isinstance(value, bytes | bytearray):
        return f"X'{value.hex()}'" if dialect == "sqlite" else f"'\\x{value.hex()}'"
    if isinstance(value, list) and dialect == "postgres":
        return text_literal(_array(value))
    if isinstance(value, dict | list):
        return text_literal(msgspec.json.encode(value).decode())
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, float) and value - value != 0:
        return text_literal(str(value))
    rendered = _on(column, dialect).get_sql_value(value)
    return str(rendered)


def _with_zone(rendered: str) -> str:
    """SQLite's clock is UTC and does not say so; models read and write the offset."""
    if rendered.startswith("'"):
        return rendered
    if rendered == "current_timestamp":
        return "(strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))"
    return f"({rendered} || '+00:00')"


def _array(value: list[Any]) -> str:
    def element(item: Any) -> str:
        if isinstance(item, list):
            return _array(item)
        if item is None:
            return "NULL"
        text = str(item).lower() if isinstance(item, bool) else str(item)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(element(item) for item in value) + "}"


def render_default(column: Column, dialect: Dialect) -> str | None:
    """The DEFAULT of a column; None for none. A function runs in Python for each row, so it is no default here."""
    default = getattr(column, "default", None)
    if isinstance(column, Serial):
        return None
    if inspect.isclass(default) and not issubclass(default, Default):
        default = default()
    if callable(default) and not isinstance(default, Default):
        return None
    return literal(column, default, dialect)


def backfill(column: Column, dialect: Dialect) -> str | None:
    """What rows that are already there get in a NOT NULL column; None if nothing can be known."""
    default = getattr(column, "default", None)
    if isinstance(default, UUID4 | UUID7):
        if dialect == "postgres":
            return "gen_random_uuid()"
        return (
            "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
            "substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
        )
    rendered = render_default(column, dialect)
    if rendered is None and callable(default) and not isinstance(default, Default) and not isinstance(column, Serial):
        return literal(column, default(), dialect)
    return rendered


def _on(column: Column, dialect: Dialect) -> Column:
    """A copy that knows its database: Piccolo asks the engine of the column's table for it."""
    copy = fresh(column)
    stand_in: Any = SimpleNamespace(_meta=SimpleNamespace(db=SimpleNamespace(engine_type=dialect)))
    copy._meta._table = stand_in
    if isinstance(copy, Array):
        copy._setup_base_column(table_class=stand_in)
    return copy


def foreign_key_of(column: Column, table: TableState, state: State) -> ForeignKeyTarget | None:
    """Where a column points to, by today's names; None if it is no foreign key.

    Raises:
        MigrationError: the table it points to is unknown.
    """
    if not isinstance(column, ForeignKey):
        return None
    target, target_column = _target(column, table, state)
    params = column._meta.params
    return ForeignKeyTarget(
        target.schema,
        target.name,
        target_column._meta.db_column_name,
        params["on_delete"].value,
        params["on_update"].value,
    )


def _target(column: "ForeignKey[Any]", table: TableState, state: State) -> tuple[TableState, Column]:
    target = referenced_table(column, table, state)
    if target is None:
        references = column._meta.params["references"]
        if isinstance(references, LazyTableReference):
            references = references.resolve()
        if isinstance(references, str) and column._meta._table is not None:
            references = column._foreign_key_meta.resolved_references
        if isinstance(references, str):
            raise MigrationError(
                f"{table.name}.{column._meta.name} refers to {references!r}, which no migration creates",
                "add the app that creates it to `requires` of the migration source",
            )
        meta = references._meta
        target = TableState(
            "", references.__name__, meta.tablename, meta.schema, {c._meta.name: c for c in meta.columns}
        )
    wanted = column._meta.params.get("target_column")
    if wanted is None:
        return target, next(c for c in target.columns.values() if c._meta.primary_key)
    name = wanted if isinstance(wanted, str) else wanted._meta.name
    return target, target.columns[name]


def render_type(column: Column, table: TableState, state: State, dialect: Dialect) -> str:
    """The type of a column; a foreign key has that of the column it points to."""
    if isinstance(column, ForeignKey):
        target_table, target = _target(column, table, state)
        if isinstance(target, BigSerial):
            target = BigInt()
        elif isinstance(target, Serial):
            target = Integer()
        return render_type(target, target_table, state, dialect)
    return str(_on(column, dialect).column_type)


def render_references(key: ForeignKeyTarget, dialect: Dialect) -> str:
    """The REFERENCES clause."""
    table = f"{quote(key.schema)}.{quote(key.table)}" if key.schema and dialect == "postgres" else quote(key.table)
    return f"REFERENCES {table} ({quote(key.column)}) ON DELETE {key.on_delete} ON UPDATE {key.on_update}"


def render_column(column: Column, table: TableState, state: State, dialect: Dialect, *, with_key: bool = True) -> str:
    """A column as CREATE TABLE and ADD COLUMN take it."""
    parts = [quote(column._meta.db_column_name), render_type(column, table, state, dialect)]
    if column._meta.primary_key:
        parts.append("PRIMARY KEY")
    if column._meta.unique and not column._meta.primary_key:
        parts.append("UNIQUE")
    if not column._meta.null:
        parts.append("NOT NULL")
    if with_key and (key := foreign_key_of(column, table, state)) is not None:
        parts.append(render_references(key, dialect))
    if (default := render_default(column, dialect)) is not None:
        parts.append(f"DEFAULT {default}")
    return " ".join(parts)


def render_constraint(constraint: Constraint, dialect: Dialect) -> str:
    """A table constraint with its name."""
    if isinstance(constraint, Unique):
        distinct = "" if constraint.nulls_distinct or dialect == "sqlite" else "NULLS NOT DISTINCT "
        text = f"UNIQUE {distinct}({', '.join(quote(name) for name in unique_columns(constraint))})"
    else:
        text = constraint.ddl
    return f"CONSTRAINT {quote(constraint._meta.name)} {text}"


def create_table(
    table: TableState, state: State, dialect: Dialect, *, deferred: Collection[str] = (), name: str | None = None
) -> str:
    """CREATE TABLE with columns and constraints, without indexes.

    Args:
        table: the table.
        state: where foreign keys look up what they point to.
        dialect: the database.
        deferred: attributes whose foreign key is left out.
        name: another name, for the copy that a rebuild fills.
    """
    parts = [
        render_column(column, table, state, dialect, with_key=attribute not in deferred)
        for attribute, column in table.columns.items()
    ]
    parts += [render_constraint(constraint, dialect) for constraint in table.constraints.values()]
    title = quote(name) if name else qualified(table, dialect)
    return f"CREATE TABLE {title} ({', '.join(parts)})"


def create_index(column: Column, table: TableState, dialect: Dialect) -> str:
    """CREATE INDEX for a column with ``index=True``.

    Raises:
        MigrationError: SQLite has B-trees alone.
    """
    name, method = column._meta.db_column_name, column._meta.index_method.value
    using = f" USING {method}" if dialect == "postgres" else ""
    if dialect == "sqlite" and method != "btree":
        raise MigrationError(
            f"{table.name}.{name} asks for a {method} index, and SQLite has B-trees alone",
            "leave `index_method` out, or create the index for PostgreSQL with `manager.add_raw`",
        )
    return f"CREATE INDEX {quote(index_name(table.name, name))} ON {qualified(table, dialect)}{using} ({quote(name)})"


def create_indexes(table: TableState, dialect: Dialect) -> list[str]:
    """CREATE INDEX for each column that asks for one."""
    return [create_index(column, table, dialect) for column in table.columns.values() if column._meta.index]
