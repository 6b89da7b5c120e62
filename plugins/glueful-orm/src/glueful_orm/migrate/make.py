"""Writing new migration files: empty ones, and for development from the models.

Imports black, so nothing imports this module at its top.
"""

import contextlib
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import black
from piccolo import __VERSION__
from piccolo.apps.migrations.auto.diffable_table import DiffableTable
from piccolo.apps.migrations.auto.schema_differ import AlterStatements, SchemaDiffer
from piccolo.columns.column_types import ForeignKey
from piccolo.table import Table

from .concise import needed, shortened
from .errors import NothingChanged, NotWritable
from .order import required_by
from .sources import MigrationSource
from .state import State, TableState, fresh, referenced_table

TEMPLATE = '''"""{description}."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
{imports}

{definitions}

ID = "{id}"
VERSION = "{version}"
DESCRIPTION = "{description}"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="{app}", description=DESCRIPTION)
    {statements}
    return manager
'''


class Rename(NamedTuple):
    """``Model.old=new`` for a column, ``Old=New`` for a model."""

    model: str
    old: str
    new: str

    @classmethod
    def parse(cls, text: str) -> "Rename":
        """Read what ``--rename`` was given.

        Raises:
            NotWritable: it has another form.
        """
        match = re.fullmatch(r"(?:(?P<model>\w+)\.)?(?P<old>\w+)=(?P<new>\w+)", text)
        if match is None:
            raise NotWritable(f"--rename {text!r} is not understood", "write Model.old=new, or Old=New for a model")
        return cls(match["model"] or "", match["old"], match["new"])


def new_name(app: str, name: str, now: datetime) -> str:
    """File name without ending, and ID: ``<app>_<date>_<time>_<name>``."""
    words = "_".join(re.findall(r"[a-z0-9]+", name.lower()))[:60]
    return f"{app}_{now:%Y%m%d}_{now:%H%M%S}{f'_{words}' if words else ''}"


def write(source: MigrationSource, name: str, now: datetime, body: "Body") -> Path:
    """Write a new file into the app's folder.

    Raises:
        NotWritable: the folder is not a source tree that can be written, or the file is there already.
    """
    stem = new_name(source.app, name, now)
    description = " ".join(re.findall(r"\w+", name)) or "Migration"
    text = TEMPLATE.format(
        app=source.app,
        id=stem,
        version=__VERSION__,
        description=description[0].upper() + description[1:],
        imports="\n".join(body.imports),
        definitions="\n\n".join(body.definitions),
        statements="\n    ".join(body.statements),
    )
    text = black.format_str(text, mode=black.FileMode(line_length=120))
    folder = Path(source.folder)
    path = folder / f"{stem}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}", "run it where the plugin is developed"
        ) from error
    return path


class Body(NamedTuple):
    """What goes into a file."""

    imports: Sequence[str] = ()
    definitions: Sequence[str] = ()
    statements: Sequence[str] = ()
    hints: Sequence[str] = ()
    """Sentences for the developer: what may have been a rename."""


def models_of(source: MigrationSource) -> list[type[Any]]:
    """The models of a source; where it names a module, those that the module defines.

    Raises:
        NotWritable: the module cannot be imported, or the source names no models.
    """
    if not isinstance(source.models, str):
        return list(source.models)
    try:
        module = import_module(source.models)
    except ImportError as error:
        raise NotWritable(
            f"the models of {source.app} cannot be imported from {source.models}: {error}",
            "mend `models` in its MigrationSource",
        ) from error
    return [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, Table)
        and item.__module__ == module.__name__
        and not getattr(item, "__abstract__", False)
        and not item.__dict__.get("_abstract", False)
    ]


def automatic(
    source: MigrationSource, sources: Sequence[MigrationSource], state: State, renames: Iterable[Rename] = ()
) -> Body:
    """The changes that lead from what the migrations say to what the models say.

    Args:
        source: the app.
        sources: all apps, for its foreign keys to others.
        state: as the migrations leave the tables.
        renames: what is not to be dropped and added anew.

    Raises:
        NothingChanged: there are none.
        NotWritable: a foreign key points to an app that ``requires`` does not name, or a name cannot be written.
    """
    models = models_of(source)
    if not models:
        raise NotWritable(f"{source.app} names no models", "set `models` in its MigrationSource")
    _check_requirements(source, sources, models, state)
    schema = [
        DiffableTable(
            class_name=model.__name__,
            tablename=model._meta.tablename,
            columns=model._meta.columns,
            constraints=model._meta.constraints,
            schema=model._meta.schema,
        )
        for model in models
    ]
    before = {table.class_name: _diffable(table) for (app, _), table in state.tables.items() if app == source.app}
    statements = [line for rename in renames for line in _rename(rename, before, schema)]
    statements += _changed_constraints(before, schema)
    _refuse_unwritable(schema)
    with contextlib.redirect_stdout(io.StringIO()):
        differ = SchemaDiffer(schema=schema, schema_snapshot=list(before.values()), auto_input="n")
        found: list[AlterStatements] = differ.get_alter_statements()
    statements += [line for part in found for line in part.statements]
    if not statements:
        raise NothingChanged(source.app)
    statements = [shortened(line) for line in statements]
    definitions = sorted({shortened(repr(item)) for part in found for item in part.extra_definitions})
    imports = needed((repr(item) for part in found for item in part.extra_imports), [*statements, *definitions])
    return Body(imports, definitions, statements, _hints(schema, before))


def _diffable(table: TableState) -> DiffableTable:
    return DiffableTable(
        class_name=table.class_name,
        tablename=table.name,
        schema=table.schema,
        columns=[fresh(column) for column in table.columns.values()],
        constraints=list(table.constraints.values()),
    )


def _rename(rename: Rename, before: dict[str, DiffableTable], schema: Sequence[DiffableTable]) -> Iterable[str]:
    if not rename.model:
        table = before.pop(rename.old, None)
        target = next((item for item in schema if item.class_name == rename.new), None)
        if table is None or target is None:
            raise NotWritable(
                f"cannot rename {rename.old} to {rename.new}", "the first is in migrations, the second a model"
            )
        yield (
            f"manager.rename_table(old_class_name={rename.old!r}, old_tablename={table.tablename!r}, "
            f"new_class_name={rename.new!r}, new_tablename={target.tablename!r}, schema={table.schema!r})"
        )
        table.class_name, table.tablename = rename.new, target.tablename
        before[rename.new] = table
        return
    table = before.get(rename.model)
    target = next((item for item in schema if item.class_name == rename.model), None)
    old = next((c for c in table.columns if c._meta.name == rename.old), None) if table else None
    new = next((c for c in target.columns if c._meta.name == rename.new), None) if target else None
    if table is None or old is None or new is None:
        raise NotWritable(
            f"cannot rename {rename.model}.{rename.old} to {rename.new}",
            "the first is a column in migrations, the second one of the model",
        )
    yield (
        f"manager.rename_column(table_class_name={rename.model!r}, tablename={table.tablename!r}, "
        f"old_column_name={rename.old!r}, new_column_name={rename.new!r}, "
        f"old_db_column_name={old._meta.db_column_name!r}, new_db_column_name={new._meta.db_column_name!r}, "
        f"schema={table.schema!r})"
    )
    old._meta._db_column_name, old._meta._name = new._meta._db_column_name, rename.new
    table.__post_init__()


def _changed_constraints(before: dict[str, DiffableTable], schema: Sequence[DiffableTable]) -> list[str]:
    """Piccolo compares constraints by name alone: one that changed is dropped here, and added by the differ."""
    statements = []
    for table in schema:
        snapshot = before.get(table.class_name)
        if snapshot is None:
            continue
        texts = {constraint._meta.name: constraint.ddl for constraint in table.constraints}
        for constraint in list(snapshot.constraints):
            name = constraint._meta.name
            if name in texts and texts[name] != constraint.ddl:
                snapshot.constraints.remove(constraint)
                statements.append(
                    f"manager.drop_constraint(table_class_name={table.class_name!r}, "
                    f"tablename={snapshot.tablename!r}, constraint_name={name!r}, schema={snapshot.schema!r})"
                )
    return statements


def _refuse_unwritable(schema: Sequence[DiffableTable]) -> None:
    """Piccolo puts names between quotes without escaping them."""
    for table in schema:
        names = [table.class_name, table.tablename, table.schema or "x"]
        names += [name for c in table.columns for name in (c._meta.name, c._meta.db_column_name)]
        names += [constraint._meta.name for constraint in table.constraints]
        for name in names:
            if not re.fullmatch(r"[^\\'\"{}\x00-\x1f\x7f]{1,63}", name):
                raise NotWritable(
                    f"{table.class_name} has a name that cannot be written automatically: {name!r}",
                    "write this migration by hand",
                )


def _check_requirements(
    source: MigrationSource, sources: Sequence[MigrationSource], models: Sequence[type[Any]], state: State
) -> None:
    allowed = required_by(source.app, sources) | {source.app, ""}
    for model in models:
        table = TableState(source.app, model.__name__, model._meta.tablename, model._meta.schema)
        for column in model._meta.columns:
            target = referenced_table(column, table, state) if isinstance(column, ForeignKey) else None
            if target is not None and target.app not in allowed:
                raise NotWritable(
                    f"{model.__name__}.{column._meta.name} refers to {target.app}, which {source.app} does not require",
                    f"MigrationSource({source.app!r}, …, requires=({target.app!r},))",
                )


def _hints(schema: Sequence[DiffableTable], before: dict[str, DiffableTable]) -> list[str]:
    hints = []
    for table in schema:
        if (snapshot := before.get(table.class_name)) is None:
            continue
        now, then = ({c._meta.name for c in item.columns} for item in (table, snapshot))
        if (gone := sorted(then - now)) and (come := sorted(now - then)):
            hints.append(
                f"{table.class_name}: {', '.join(gone)} dropped and {', '.join(come)} added; if that is a rename, "
                f"delete the file and pass --rename {table.class_name}.{gone[0]}={come[0]}"
            )
    return hints
