"""Hooks that glueful-orm calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glueful_hookspecs import hook

if TYPE_CHECKING:
    from .migrate.sources import MigrationSource, Seeder


@hook("contribution", since="0.1")
def glueful_migrations() -> "MigrationSource | Sequence[MigrationSource]":
    """Say where a plugin, or the application itself, keeps its migrations.

    When: a ``glueful db`` command runs, or a ``Migrator`` is asked for; models may be imported here.
    Order: plugins in dependency order; migrations of an app run after those of the apps in its ``requires``.
    Errors: fail the command. Two sources with one app name, a missing app and a cycle are refused by name.
    Returns: one ``MigrationSource`` or several.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_seeders() -> "Seeder | Sequence[Seeder]":
    """Offer rows to begin with: ``glueful db seed`` and ``glueful db fresh --seed`` run them.

    When: one of these commands runs.
    Order: plugins in dependency order, each seeder in a transaction of its own.
    Errors: stop the command; the transaction of the failed seeder is rolled back, the earlier ones stay.
    Returns: one ``Seeder`` or several.
    """
    return ()


@hook("observer", since="0.1")
def glueful_migrated(app: str, name: str, direction: str) -> None:
    """A migration was applied or reverted.

    When: after its transaction was committed, in the process that runs the command.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the migration stays applied.
    Fires again: once for each migration and direction.

    Args:
        app: the app of its source.
        name: the id of the migration.
        direction: ``"forwards"`` or ``"backwards"``.
    """


@hook("observer", since="0.1")
def glueful_query_executed(sql: str, duration_seconds: float, rows: int | None, error: BaseException | None) -> None:
    """A statement was sent to the database and answered.

    When: after the answer, also of a failed statement; costs nothing where nobody implements it.
    Order: plugins in dependency order. Implementations must be plain functions, and quick: the caller waits for them.
    Errors: logged with the plugin's name; the statement stands.
    Fires again: for each statement.

    Args:
        sql: the text with its placeholders; values are never given.
        duration_seconds: from sending to the last row.
        rows: number of rows returned, or changed where none are returned; None where unknown.
        error: what the statement failed with.
    """
