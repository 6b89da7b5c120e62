"""What can go wrong with migrations."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from glueful_hookspecs import GluefulError


class MigrationError(GluefulError):
    """Base of all errors of migrations."""

    code: ClassVar[str] = "migration.error"


class AppNameInvalid(MigrationError):
    """An app name cannot begin the name of a Python file."""

    code = "migration.app_name_invalid"

    def __init__(self, app: str) -> None:
        self.app = app
        super().__init__(
            what=f"the migration source {app!r} has a name that no file can begin with",
            fix="use lower-case letters, digits and underscores, beginning with a letter, 40 at most",
        )


class AppDuplicated(MigrationError):
    """Two migration sources have one name."""

    code = "migration.app_duplicated"

    def __init__(self, app: str, first: Path, second: Path) -> None:
        self.app, self.folders = app, (first, second)
        super().__init__(
            what=f"two migration sources are called {app}: {first} and {second}",
            fix="rename one; if both are the same, contribute it once",
        )


class AppMissing(MigrationError):
    """A source requires an app, or a command names one, that nobody contributes."""

    code = "migration.app_missing"

    def __init__(self, app: str | None, missing: str, known: Sequence[str]) -> None:
        self.app, self.missing, self.known = app, missing, tuple(known)
        who = f"the migrations of {app} require {missing}, which" if app else f"{missing}"
        super().__init__(
            what=f"{who} is no app that an active plugin contributes",
            fix=f"install or enable its plugin; known: {', '.join(known) or 'none'}",
        )


class MigrationCycle(MigrationError):
    """Apps require each other."""

    code = "migration.cycle"

    def __init__(self, path: Sequence[str]) -> None:
        self.path = tuple(path)
        super().__init__(
            what=f"migrations require each other in a circle: {' -> '.join(path)}",
            fix="take one `requires` away, and move that foreign key into an app that requires both",
        )


class MigrationFileInvalid(MigrationError):
    """A file in a migrations folder is not a migration, or not one of this app."""

    code = "migration.file_invalid"

    def __init__(self, path: Path, problem: str, fix: str = "") -> None:
        self.path, self.problem = path, problem
        super().__init__(what=f"{path}: {problem}", fix=fix)


class MigrationDuplicated(MigrationError):
    """Two files have one ID."""

    code = "migration.duplicated"

    def __init__(self, app: str, migration: str, first: Path, second: Path) -> None:
        self.app, self.migration = app, migration
        super().__init__(
            what=f"{first} and {second} both have the ID {migration!r}",
            fix="give the newer one its own ID, as its file name is",
        )


class MigrationChanged(MigrationError):
    """The file of an applied migration says something else than when it was applied."""

    code = "migration.changed"

    def __init__(self, app: str, names: Sequence[str]) -> None:
        self.app, self.names = app, tuple(names)
        super().__init__(
            what=f"{app}: {', '.join(names)} changed after being applied",
            fix="restore the file and write a new migration, or accept it with `glueful db migrate --accept-changed`",
        )


class MigrationInvalid(MigrationError):
    """A migration asks for something that its own history does not allow."""

    code = "migration.invalid"

    def __init__(self, app: str, migration: str, problem: str, fix: str = "") -> None:
        self.app, self.migration, self.problem = app, migration, problem
        super().__init__(what=f"{app}:{migration} {problem}", fix=fix)


class MigrationUnsupported(MigrationError):
    """A change that cannot be made automatically on this database."""

    code = "migration.unsupported"

    def __init__(self, app: str, migration: str, change: str, fix: str) -> None:
        self.app, self.migration, self.change = app, migration, change
        super().__init__(what=f"{app}:{migration} cannot {change}", fix=fix)


class MigrationFailed(MigrationError):
    """The database or the migration's own code refused; everything that this migration did is undone."""

    code = "migration.failed"

    def __init__(self, app: str, migration: str, error: BaseException, *, is_atomic: bool = True) -> None:
        self.app, self.migration, self.error, self.is_atomic = app, migration, error, is_atomic
        undone = "nothing of it remains" if is_atomic else "it runs outside a transaction: part of it may remain"
        super().__init__(
            what=f"{app}:{migration} failed: {type(error).__name__}: {getattr(error, 'what', error)}",
            fix=f"mend the cause and run `glueful db migrate` again; {undone}",
        )


class MigrationUnsafe(MigrationError):
    """In production, a migration would destroy data or lock a big table."""

    code = "migration.unsafe"

    def __init__(self, hazards: Sequence[str]) -> None:
        self.hazards = tuple(hazards)
        super().__init__(
            what="refused in production: " + "; ".join(hazards),
            fix="look at `glueful db migrate --plan`; if this is what you want: `glueful db migrate --allow-unsafe`",
        )


class MigrationLockTimeout(MigrationError):
    """Another process held the migration lock for too long."""

    code = "migration.lock_timeout"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            what=f"another process has been migrating this database for {seconds:g} seconds",
            fix="wait for it, or stop it; the lock goes with its process",
        )


class MigrationNotApplied(MigrationError):
    """A rollback names a migration that is not applied, or whose file is gone."""

    code = "migration.not_applied"

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(what=f"{name} {problem}", fix="`glueful db status` lists what is applied")


class MigrationIrreversible(MigrationError):
    """A rollback meets a migration that cannot be undone."""

    code = "migration.irreversible"

    def __init__(self, app: str, migration: str) -> None:
        self.app, self.migration = app, migration
        super().__init__(
            what=f"{app}:{migration} runs code and gives none to undo it",
            fix="add `manager.add_raw_backwards(...)` to it",
        )


class RefusedInProduction(MigrationError):
    """A command that is for development was run in production."""

    code = "migration.refused_in_production"

    def __init__(self, command: str, why: str, *, can_force: bool = True) -> None:
        self.command = command
        forced = f"; if you are sure: `{command} --force`" if can_force else ""
        super().__init__(
            what=f"`{command}` {why}, and the environment is production",
            fix=f"set GLUEFUL_KERNEL__ENVIRONMENT=development where it is{forced}",
        )


class SchemaDrifted(MigrationError):
    """Models and database differ."""

    code = "migration.drifted"

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            what=f"models and database differ in {count} place{'s' if count != 1 else ''}",
            fix="`glueful db migrate`, or write the change: `glueful db make NAME --app APP --auto`",
        )


class TableUnknown(MigrationError):
    """The database has no such table."""

    code = "migration.table_unknown"

    def __init__(self, table: str, known: Sequence[str]) -> None:
        self.table = table
        super().__init__(
            what=f"the database has no table {table!r}",
            fix=f"`glueful db show` lists them: {', '.join(known) or 'none'}",
        )


class NameInvalid(MigrationError):
    """A table, column or constraint has a name that no database here can store."""

    code = "migration.name_invalid"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            what=f"{name!r} cannot be the name of a table, column or constraint",
            fix="use 1 to 63 bytes without control characters",
        )


class NothingChanged(MigrationError):
    """The models say what the migrations say."""

    code = "migration.nothing_changed"

    def __init__(self, app: str) -> None:
        self.app = app
        super().__init__(what=f"the models of {app} are as its migrations leave the tables", fix="")


class NotWritable(MigrationError):
    """A migration cannot be written from these models."""

    code = "migration.not_writable"

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what=what, fix=fix)


class SeederUnknown(MigrationError):
    """A command names a seeder that nobody contributes."""

    code = "migration.seeder_unknown"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        super().__init__(
            what=f"no active plugin has a seeder called {name!r}", fix=f"known: {', '.join(known) or 'none'}"
        )
