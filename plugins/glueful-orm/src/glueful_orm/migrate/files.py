"""Migration files: found by name, imported under a name of their own, recognised by what they say."""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from .errors import AppNameInvalid, MigrationDuplicated, MigrationFileInvalid
from .sources import MigrationSource

if TYPE_CHECKING:
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager

APP_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PACKAGE = "glueful_orm._migrations"


class MigrationFile(NamedTuple):
    """One migration, imported."""

    app: str
    name: str
    """Its ``ID``; files are applied in the order of it."""
    path: Path
    checksum: str
    """SHA-256 of the code without comments and layout: a formatter or a corrected comment does not change it."""
    module: ModuleType

    @property
    def label(self) -> str:
        """``app:name``, as commands print it."""
        return f"{self.app}:{self.name}"

    async def manager(self) -> "MigrationManager":
        """What ``forwards()`` returns, new with each call.

        Raises:
            MigrationFileInvalid: it returned something else.
        """
        from piccolo.apps.migrations.auto.migration_manager import MigrationManager

        manager = await self.module.forwards()
        if not isinstance(manager, MigrationManager):
            raise MigrationFileInvalid(
                self.path, f"`forwards()` returned {type(manager).__name__}", "end it with `return manager`"
            )
        return manager


def load(source: MigrationSource) -> list[MigrationFile]:
    """Import the migrations of an app, oldest first.

    Raises:
        AppNameInvalid: no file can begin with the app's name.
        MigrationFileInvalid: the folder or a file cannot be used; a folder that does not exist has no migrations.
        MigrationDuplicated: two files have one ID.
    """
    if not APP_NAME.fullmatch(source.app):
        raise AppNameInvalid(source.app)
    found: dict[str, MigrationFile] = {}
    for path in python_files(Path(source.folder)):
        migration = _load_file(source.app, path)
        if (other := found.get(migration.name)) is not None:
            raise MigrationDuplicated(source.app, migration.name, other.path, path)
        found[migration.name] = migration
    return [found[name] for name in sorted(found)]


def python_files(folder: Path) -> Iterable[Path]:
    """The files of a folder that are meant as migrations, by name."""
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def _load_file(app: str, path: Path) -> MigrationFile:
    stem = path.stem
    if not re.fullmatch(rf"{app}_[0-9]{{4}}[0-9a-z_]*", stem):
        raise MigrationFileInvalid(
            path,
            f"migrations of {app} are named {app}_<timestamp>….py",
            f"rename it, move it, or write new ones with `glueful db make NAME --app {app}`",
        )
    text = path.read_bytes()
    try:
        tree = ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        raise MigrationFileInvalid(path, f"is not Python: {error}") from error
    module = _import(f"{PACKAGE}.{app}.{stem}", path)
    name = getattr(module, "ID", None)
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise MigrationFileInvalid(path, "has no `ID`", f"add `ID = {stem!r}`")
    if not iscoroutinefunction(getattr(module, "forwards", None)):
        raise MigrationFileInvalid(path, "has no `async def forwards()`", "see docs/migrations.md")
    checksum = hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
    return MigrationFile(app, name, path, checksum, module)


def _import(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise MigrationFileInvalid(path, "cannot be imported")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise MigrationFileInvalid(path, f"raised {type(error).__name__} when imported: {error}") from error
    return module
