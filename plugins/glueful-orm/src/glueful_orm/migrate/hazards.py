"""What in a migration could destroy data, or lock a big table while it works."""

import ast
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .changes import (
    AddColumn,
    AddConstraint,
    AddForeignKey,
    AlterColumn,
    Change,
    DropColumn,
    DropTables,
)
from .reader import Fetch
from .render import Dialect, backfill, qualified, render_default, render_type
from .sqlite import rebuilt
from .state import Step, TableState

DESTRUCTIVE_SQL = re.compile(r"\b(DROP\s+(?:TABLE|COLUMN|SCHEMA|DATABASE)|TRUNCATE|DELETE\s+FROM)\b", re.IGNORECASE)
WIDER = {
    "SMALLINT": ("INTEGER", "BIGINT", "NUMERIC"),
    "INTEGER": ("BIGINT", "NUMERIC"),
    "SERIAL": ("BIGSERIAL",),
    "REAL": ("DOUBLE PRECISION",),
    "VARCHAR": ("TEXT",),
    "JSON": ("JSONB",),
}


async def hazards(
    step: Step, changes: Sequence[Change], dialect: Dialect, fetch: Fetch, big_table_rows: int
) -> list[str]:
    """Sentences about what a step would destroy or lock, judged by the tables as they are now.

    Args:
        step: the step.
        changes: its changes.
        dialect: the database.
        fetch: asks the database how many rows a table has; a table that is empty, or not there yet, is in no danger.
        big_table_rows: from this number on, a lock matters.
    """
    found = []
    for change in changes:
        for table, danger in _destroyed(change, step, dialect):
            if await count_up_to(table, dialect, fetch, 1):
                found.append(danger)
        table, danger = change.table, _locked(change, step, dialect)
        if danger and await count_up_to(_as_before(table, step), dialect, fetch, big_table_rows) >= big_table_rows:
            found.append(f"{danger}, and locks the {big_table_rows:,} rows or more of {table.name} meanwhile")
    return found


def hazards_of_code(path: Path) -> list[str]:
    """Sentences about destructive SQL in the strings of a migration file; what code does otherwise is not examined."""
    tree = ast.parse(path.read_bytes())
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    words = {" ".join(match.group(1).upper().split()) for text in texts for match in DESTRUCTIVE_SQL.finditer(text)}
    return [f"runs SQL with {word}" for word in sorted(words)]


async def count_up_to(table: TableState, dialect: Dialect, fetch: Fetch, limit: int) -> int:
    """The number of rows, counted to ``limit`` at most; 0 for a table that is not there."""
    name = qualified(table, dialect)
    if dialect == "postgres":
        there = await fetch("SELECT to_regclass($1) IS NOT NULL", [name])
    else:
        there = await fetch("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", [table.name])
    if not there[0][0]:
        return 0
    rows = await fetch(f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {int(limit)}) AS counted", [])
    return int(rows[0][0])


def _as_before(table: TableState, step: Step) -> TableState:
    old = step.old_class(table.class_name)
    return step.before.tables.get((step.app, old), table) if old is not None else table


def _destroyed(change: Change, step: Step, dialect: Dialect) -> Iterable[tuple[TableState, str]]:
    if isinstance(change, DropTables):
        for table in (change.table, *change.others):
            yield table, f"drops the table {table.name}"
    elif isinstance(change, DropColumn):
        yield change.table, f"drops the column {change.table.name}.{change.column._meta.db_column_name}"
    elif isinstance(change, AlterColumn):
        before = _as_before(change.table, step)
        old = render_type(change.old, before, step.before, dialect)
        new = render_type(change.new, change.table, step.after, dialect)
        if old != new and not is_wider(old, new):
            yield before, f"changes {change.table.name}.{change.new._meta.db_column_name} from {old} to {new}"


def is_wider(old: str, new: str) -> bool:
    """Whether every value of one type is a value of the other."""
    old_name, old_size = _split(old)
    new_name, new_size = _split(new)
    if old_name != new_name:
        return new_name in WIDER.get(old_name, ()) and not new_size
    if not new_size:
        return True
    if not old_size or len(old_size) != len(new_size):
        return False
    if len(new_size) == 2:
        return new_size[1] >= old_size[1] and new_size[0] - new_size[1] >= old_size[0] - old_size[1]
    return new_size[0] >= old_size[0]


def _split(kind: str) -> tuple[str, tuple[int, ...]]:
    name, _, size = kind.partition("(")
    return name.strip().upper(), tuple(int(number) for number in re.findall(r"\d+", size))


def _locked(change: Change, step: Step, dialect: Dialect) -> str:
    if dialect == "sqlite":
        return _locked_on_sqlite(change, step)
    if isinstance(change, AddColumn):
        meta = change.column._meta
        default = render_default(change.column, "postgres")
        if not meta.null and default is None and backfill(change.column, "postgres") is not None:
            return f"fills the new column {meta.db_column_name}"
        if default is not None and "(" in default and not default.startswith("'"):
            return f"fills the new column {meta.db_column_name}"
        return f"builds an index on {meta.db_column_name}" if meta.index or meta.unique else ""
    if isinstance(change, AlterColumn):
        return _locked_by_alter(change, step)
    if isinstance(change, AddForeignKey):
        return f"checks a new foreign key of {change.column._meta.db_column_name}"
    if isinstance(change, AddConstraint):
        return f"checks the new constraint {change.constraint._meta.name}"
    return ""


def _locked_by_alter(change: AlterColumn, step: Step) -> str:
    old, new = change.old._meta, change.new._meta
    old_type = render_type(change.old, change.table, step.before, "postgres")
    new_type = render_type(change.new, change.table, step.after, "postgres")
    if old_type != new_type and not (_split(new_type)[0] in ("VARCHAR", "TEXT") and is_wider(old_type, new_type)):
        return f"rewrites the column {new.db_column_name}"
    if old.null and not new.null:
        return f"checks {new.db_column_name} for NULL"
    if (new.index and not old.index) or (new.unique and not old.unique):
        return f"builds an index on {new.db_column_name}"
    return ""


def _locked_on_sqlite(change: Change, step: Step) -> str:
    if rebuilt(step, [change]):
        return "copies the table"
    if isinstance(change, AddColumn) and change.column._meta.index:
        return f"builds an index on {change.column._meta.db_column_name}"
    if isinstance(change, AlterColumn) and change.new._meta.index and not change.old._meta.index:
        return f"builds an index on {change.new._meta.db_column_name}"
    return ""
