"""The source of a model for a table that is already there. Imports black, for commands alone."""

import keyword
import re

import black
import inflection

from ..migrate.render import Dialect
from .drift import affinity
from .tables import ColumnInfo, ForeignKeyInfo, TableInfo

ACTIONS = {"CASCADE": "cascade", "RESTRICT": "restrict", "SET NULL": "set_null", "SET DEFAULT": "set_default"}
COLUMN_CLASSES = {
    "bigint": "BigInt",
    "integer": "Integer",
    "int": "Integer",
    "smallint": "SmallInt",
    "text": "Text",
    "citext": "Text",
    "boolean": "Boolean",
    "bool": "Boolean",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSONB",
    "bytea": "Bytea",
    "blob": "Bytea",
    "date": "Date",
    "real": "Real",
    "double precision": "DoublePrecision",
    "interval": "Interval",
    "seconds": "Interval",
    "timestamptz": "Timestamptz",
    "timestamp": "Timestamp",
    "datetime": "Timestamp",
    "time": "Time",
    "timestamp with time zone": "Timestamptz",
    "timestamp without time zone": "Timestamp",
    "time without time zone": "Time",
}
BY_AFFINITY = {"INTEGER": "Integer", "TEXT": "Text", "BLOB": "Bytea", "REAL": "DoublePrecision", "NUMERIC": "Numeric"}


def model_source(table: TableInfo, dialect: Dialect) -> str:
    """Python source of a model for ``table``; what has no column class becomes ``Text``, with a comment.

    Args:
        table: as the catalogue describes it.
        dialect: where it was read.
    """
    imports: set[str] = set()
    lines = [_column(column, table, dialect, imports) for column in table.columns]
    relations = [line for key in table.foreign_keys if (line := _relation(key))]
    keys = sorted(index.columns for index in table.indexes if index.is_unique and len(index.columns) > 1)
    constraints = [
        f"    unique_{number} = Unique({[attribute(name) for name in key]!r})" for number, key in enumerate(keys, 1)
    ]
    names = ["Model", *(["belongs_to"] if relations else [])]
    header = [f"from glueful_orm import {', '.join(names)}"]
    if any("OnDelete." in line or "OnUpdate." in line for line in lines):
        used = [name for name in ("OnDelete", "OnUpdate") if any(f"{name}." in line for line in lines)]
        header.append(f"from piccolo.columns.base import {', '.join(used)}")
    header.append(f"from piccolo.columns.column_types import {', '.join(sorted(imports))}")
    if constraints:
        header.append("from piccolo.constraints import Unique")
    schema = f", schema={table.schema!r}" if table.schema else ""
    body = "\n".join([*lines, *([""] if relations else []), *relations, *([""] if constraints else []), *constraints])
    title = f"class {class_name(table.name)}(Model, tablename={table.name!r}{schema}):"
    text = "\n".join([*header, "", "", title, body, ""])
    return black.format_str(text, mode=black.FileMode(line_length=120))


def class_name(table: str) -> str:
    """``blog_posts`` is ``BlogPost``."""
    name = re.sub(r"\W", "", inflection.camelize(inflection.singularize(re.sub(r"\W+", "_", table))))
    return name if name[:1].isalpha() else f"Table{name}"


def attribute(column: str) -> str:
    """An attribute name for a column: lower case, and no keyword."""
    name = re.sub(r"\W+", "_", inflection.underscore(column), flags=re.ASCII).strip("_")
    if not name or not name[0].isalpha():
        name = f"column_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _reserved() else name


def _reserved() -> frozenset[str]:
    from ..model.model import Model

    return frozenset(dir(Model))


def _column(column: ColumnInfo, table: TableInfo, dialect: Dialect, imports: set[str]) -> str:
    name = attribute(column.name)
    key = next((key for key in table.foreign_keys if key.columns == (column.name,)), None)
    is_key = table.primary_key == (column.name,)
    kind, options, comment = _kind(column, table, dialect)
    if key is not None:
        kind, comment = "ForeignKey", ""
        options = [repr(class_name(key.table)), *_actions(key)]
        if key.target_columns and key.target_columns != ("id",):
            options.append(f"target_column={attribute(key.target_columns[0])!r}")
        if column.is_nullable is False:
            options.append("null=False")
    elif is_key:
        if _is_automatic(column, table, dialect):
            kind, options = ("BigSerial" if column.type.lower() == "bigint" else "Serial"), []
        options.append("primary_key=True")
    elif column.is_nullable:
        options += ["null=True", "default=None"]
    if frozenset({column.name}) in table.unique_sets() and not is_key:
        options.append("unique=True")
    elif any(index.columns == (column.name,) and not index.is_partial for index in table.indexes):
        options.append("index=True")
    if name != column.name:
        options.append(f"db_column_name={column.name!r}")
    imports.add(kind)
    return f"    {name} = {kind}({', '.join(options)}){comment}"


def _kind(column: ColumnInfo, table: TableInfo, dialect: Dialect) -> tuple[str, list[str], str]:
    text = " ".join(column.type.lower().split())
    base, _, size = text.partition("(")
    base, numbers = base.strip(), re.findall(r"\d+", size)
    if text.endswith("[]"):
        inner, options, comment = _kind(ColumnInfo(column.name, text[:-2], is_nullable=False), table, dialect)
        return "Array", [f"base_column={inner}({', '.join(options)})"], comment
    if base in ("character varying", "varchar", "character", "char", "nvarchar", "nchar"):
        return "Varchar", [f"length={numbers[0] if numbers else None}"], ""
    if base in ("numeric", "decimal"):
        return "Numeric", [f"digits=({', '.join(numbers)})"] if len(numbers) == 2 else [], ""
    if (found := COLUMN_CLASSES.get(re.sub(r"\(\d+\)", "", text)) or COLUMN_CLASSES.get(base)) is not None:
        return found, [], ""
    if dialect == "sqlite":
        return BY_AFFINITY[affinity(column.type)], [], ""
    return "Text", [], f"  # {column.type} in the database"


def _is_automatic(column: ColumnInfo, table: TableInfo, dialect: Dialect) -> bool:
    if dialect == "sqlite":
        return column.type.upper() == "INTEGER" and len(table.primary_key) == 1
    return (column.default or "").startswith("nextval(") or column.is_identity


def _actions(key: ForeignKeyInfo) -> list[str]:
    options = []
    for name, action in (("on_delete", key.on_delete), ("on_update", key.on_update)):
        kind = "OnDelete" if name == "on_delete" else "OnUpdate"
        if action != "CASCADE":
            options.append(f"{name}={kind}.{ACTIONS.get(action, 'no_action')}")
    return options


def _relation(key: ForeignKeyInfo) -> str:
    """``author_id`` gets the relation ``author``."""
    if len(key.columns) != 1:
        return ""
    column = attribute(key.columns[0])
    name = column.removesuffix("_id")
    return f"    {name} = belongs_to({class_name(key.table)!r}, key={column!r})" if name != column else ""
