"""Where models and database differ."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from piccolo.columns.base import Column
from piccolo.constraints import Check, Unique

from ..migrate.reader import Fetch
from ..migrate.render import Dialect, foreign_key_of, render_type
from ..migrate.state import State, TableState, unique_columns
from .reading import read_table
from .tables import ForeignKeyInfo, TableInfo

SYNONYMS = {
    "varchar": "character varying",
    "char": "character",
    "int": "integer",
    "int4": "integer",
    "serial": "integer",
    "int8": "bigint",
    "bigserial": "bigint",
    "int2": "smallint",
    "decimal": "numeric",
    "bool": "boolean",
    "float8": "double precision",
    "float4": "real",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}
WRITTEN_TYPES = frozenset(
    [
        "integer",
        "bigint",
        "smallint",
        "character",
        "character_varying",
        "text",
        "boolean",
        "numeric",
        "real",
        "double_precision",
        "blob",
        "uuid",
        "json",
        "jsonb",
        "date",
        "time_without_time_zone",
        "timestamp_without_time_zone",
        "timestamp_with_time_zone",
        "seconds",
        "array",
    ]
)


class Difference(NamedTuple):
    """One place where a model and its table differ."""

    table: str
    what: str
    """A sentence without its subject, for example ``lacks the column email``."""


def state_of_models(models: Sequence[type[Any]]) -> State:
    """The tables as models declare them."""
    tables = {}
    for model in models:
        meta = model._meta
        tables["", model.__name__] = TableState(
            "",
            model.__name__,
            meta.tablename,
            meta.schema,
            {column._meta.name: column for column in meta.columns},
            {constraint._meta.name: constraint for constraint in meta.constraints},
        )
    return State(tables)


async def differences(models: Sequence[type[Any]], dialect: Dialect, fetch: Fetch) -> list[Difference]:
    """Compare each model with its table: columns, types, NULL, keys, uniqueness, indexes, references and checks.

    Defaults are not compared, since rows get theirs from the model; nor are tables without a model.
    """
    return await compare_state(state_of_models(models), dialect, fetch)


async def compare_state(state: State, dialect: Dialect, fetch: Fetch) -> list[Difference]:
    """Compare each table of a state with the database."""
    found: list[Difference] = []
    for table in state.tables.values():
        stored = await read_table(table.name, dialect, fetch, table.schema)
        if stored is None:
            found.append(Difference(table.name, "does not exist"))
            continue
        found += [Difference(table.name, what) for what in _compare(table, stored, state, dialect)]
    return found


def _compare(table: TableState, stored: TableInfo, state: State, dialect: Dialect) -> Iterable[str]:
    names = set(table.column_names())
    for stranger in (column.name for column in stored.columns if column.name not in names):
        yield f"has the column {stranger}, which the model lacks"
    for column in table.columns.values():
        yield from _compare_column(column, table, stored, state, dialect)
    keys = tuple(c._meta.db_column_name for c in table.columns.values() if c._meta.primary_key)
    if set(keys) != set(stored.primary_key):
        yield f"has the primary key ({', '.join(stored.primary_key)}), not ({', '.join(keys)})"
    yield from _compare_uniqueness(table, stored)
    stored_checks = set(stored.checks)
    for name, constraint in table.constraints.items():
        if isinstance(constraint, Check) and name not in stored_checks:
            yield f"lacks the check {name}"


def _compare_column(
    column: Column, table: TableState, stored: TableInfo, state: State, dialect: Dialect
) -> Iterable[str]:
    name = column._meta.db_column_name
    found = stored.column(name)
    if found is None:
        yield f"lacks the column {name}"
        return
    wanted = render_type(column, table, state, dialect)
    if not same_type(wanted, found.type, dialect):
        yield f"stores {name} as {found.type}, not {wanted}"
    is_key = column._meta.primary_key
    if column._meta.null != found.is_nullable and not is_key:
        yield f"{'allows' if found.is_nullable else 'refuses'} NULL in {name}, the model does not"
    is_indexed = any(index.columns == (name,) and not index.is_partial for index in stored.indexes)
    if column._meta.index and not is_indexed:
        yield f"lacks the index on {name}"
    key = foreign_key_of(column, table, state)
    references = next((item for item in stored.foreign_keys if item.columns == (name,)), None)
    if key is None and references is not None:
        yield f"refers with {name} to {references.table}, the model does not"
    elif key is not None and references is None:
        yield f"does not refer with {name} to {key.table}"
    elif key is not None and references is not None:
        targets = references.target_columns or (key.column,)
        if ForeignKeyInfo((name,), key.table, (key.column,), key.on_delete, key.on_update) != ForeignKeyInfo(
            (name,), references.table, targets, references.on_delete, references.on_update
        ):
            yield (
                f"refers with {name} to {references.table}.{', '.join(targets)} ON DELETE {references.on_delete} "
                f"ON UPDATE {references.on_update}, not to {key.table}.{key.column} ON DELETE {key.on_delete} "
                f"ON UPDATE {key.on_update}"
            )


def _compare_uniqueness(table: TableState, stored: TableInfo) -> Iterable[str]:
    wanted = {frozenset({c._meta.db_column_name}) for c in table.columns.values() if c._meta.unique}
    wanted |= {frozenset(unique_columns(c)) for c in table.constraints.values() if isinstance(c, Unique)}
    present = stored.unique_sets()
    for columns in sorted(map(sorted, wanted - present)):
        yield f"does not keep {', '.join(columns)} unique"
    for columns in sorted(map(sorted, present - wanted - {frozenset(stored.primary_key)})):
        yield f"keeps {', '.join(columns)} unique, the model does not"


def same_type(wanted: str, found: str, dialect: Dialect) -> bool:
    """Whether a rendered type is the one that a catalogue names; SQLite's own spellings are compared by affinity."""
    first, second = _canonical(wanted), _canonical(found)
    if first == second:
        return True
    if dialect == "postgres":
        return False
    first_name, second_name = first.partition("(")[0], second.partition("(")[0]
    if second_name.replace(" ", "_") in WRITTEN_TYPES or first_name == second_name:
        return False
    return affinity(wanted) == affinity(found)


def _canonical(kind: str) -> str:
    text = re.sub(r"\s+", " ", kind.strip().lower())
    text = re.sub(r"\s*([(,)])\s*", r"\1", text)
    match = re.match(r"([a-z0-9_ ]+?)((?:\([^)]*\))?(?:\[\])*)( with(?:out)? time zone)?$", text)
    if match is None:
        return text
    name, rest, zone = match[1], match[2], match[3] or ""
    return SYNONYMS.get(name, name) + rest if not zone else f"{name}{zone}{rest}"


def affinity(kind: str) -> str:
    """https://sqlite.org/datatype3.html#determination_of_column_affinity."""
    text = kind.upper()
    if "INT" in text:
        return "INTEGER"
    if any(part in text for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in text or not text:
        return "BLOB"
    if any(part in text for part in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"
