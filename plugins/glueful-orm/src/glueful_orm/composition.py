"""What the plugin makes out of its settings and of what other plugins contribute: the engine, migrations, seeders."""

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from glueful_hookspecs import Hooks, Secret

from .migrate.sources import MigrationSource, Seeder
from .settings import OrmSettings

if TYPE_CHECKING:
    from .engines import Engine
    from .engines.observation import Observer
    from .migrate.runner import Migrator

T = TypeVar("T")
_log = logging.getLogger("glueful.orm")


def new_engine(settings: OrmSettings) -> "Engine":
    """The engine that an application serves with, not opened.

    Raises:
        InvalidDatabaseURL: the URL cannot be read.
    """
    return _engine(
        settings.url,
        settings,
        sqlite={"readers": settings.readers, "statement_timeout_seconds": settings.statement_timeout_seconds},
        postgres={"max_size": settings.pool_size, "statement_timeout_seconds": settings.statement_timeout_seconds},
    )


def new_migration_engine(settings: OrmSettings) -> "Engine":
    """The engine that ``glueful db`` works with, not opened: few connections, and no limit on a statement's duration.

    Raises:
        InvalidDatabaseURL: the URL cannot be read.
    """
    return _engine(
        settings.migration_url or settings.url,
        settings,
        sqlite={"readers": 1, "statement_timeout_seconds": None},
        postgres={"max_size": 3, "statement_timeout_seconds": None},
    )


def _engine(url: Secret, settings: OrmSettings, *, sqlite: dict[str, Any], postgres: dict[str, Any]) -> "Engine":
    from .engines.keys import set_keys

    engine = _connected_by(url.reveal(), settings, sqlite=sqlite, postgres=postgres)
    engine.n_plus_one = settings.n_plus_one
    set_keys(engine, url.reveal(), settings.key)
    return engine


def _connected_by(text: str, settings: OrmSettings, *, sqlite: dict[str, Any], postgres: dict[str, Any]) -> "Engine":
    from .engines import engine_from_url

    common = {
        "acquire_timeout_seconds": settings.acquire_timeout_seconds,
        "slow_query_ms": settings.slow_query_ms,
    }
    if text.startswith("sqlite:"):
        return engine_from_url(text, **common, busy_timeout_seconds=settings.busy_timeout_seconds, **sqlite)
    return engine_from_url(
        text,
        **common,
        connect_timeout_seconds=settings.connect_timeout_seconds,
        open_timeout_seconds=settings.connect_timeout_seconds,
        statement_cache_size=settings.statement_cache_size,
        **postgres,
    )


def contributed(hooks: Hooks, hook: str, kind: type[T]) -> list[T]:
    """What plugins returned from a contribution hook, one or several each, in plugin order.

    Raises:
        TypeError: one returned something else.
    """
    found: list[T] = []
    for plugin, value in hooks.contributions(hook):
        values = [value] if isinstance(value, kind) else list(value)
        for item in values:
            if not isinstance(item, kind):
                raise TypeError(f"{hook} of {plugin} returned {type(item).__name__}, not {kind.__name__}")
            found.append(item)
    return found


def migration_sources(hooks: Hooks) -> list[MigrationSource]:
    """All ``MigrationSource`` objects, in plugin order."""
    return contributed(hooks, "glueful_migrations", MigrationSource)


def seeders(hooks: Hooks) -> list[Seeder]:
    """All ``Seeder`` objects, in plugin order."""
    return contributed(hooks, "glueful_seeders", Seeder)


def migrator(engine: "Engine", settings: OrmSettings, hooks: Hooks, *, is_production: bool) -> "Migrator":
    """Everything that can be migrated, on one database."""
    from .migrate.runner import Migrator

    observers = hooks.runtime("glueful_migrated")

    async def observe(app: str, name: str, direction: str) -> None:
        await observers(app=app, name=name, direction=direction)

    return Migrator(
        engine,
        migration_sources(hooks),
        settings,
        is_production=is_production,
        observer=observe if observers else None,
    )


def query_observer(hooks: Hooks) -> "Observer | None":
    """Calls the implementations of ``glueful_query_executed``; None where there are none."""
    hook = hooks.runtime("glueful_query_executed")
    if not hook:
        return None

    def observe(sql: str, duration_seconds: float, rows: int | None, error: BaseException | None) -> None:
        call: Any = hook(sql=sql, duration_seconds=duration_seconds, rows=rows, error=error)
        try:
            call.send(None)
        except StopIteration:
            return
        call.close()
        _log.error("an implementation of glueful_query_executed awaits something; it must be a plain function")

    return observe
