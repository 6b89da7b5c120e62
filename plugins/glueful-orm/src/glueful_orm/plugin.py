"""The plugin: what glueful-orm adds to an application."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Plugin, hookimpl

from .settings import OrmSettings

if TYPE_CHECKING:
    import click
    import svcs
    from litestar import Litestar
    from litestar.plugins import PluginProtocol

    from .engines import Engine
    from .lookup import ModelRowLookup
    from .resource_source import ModelSource


class OrmPlugin(Plugin[OrmSettings]):
    """Models, relations, transactions and migrations; see README."""

    def __init__(self, settings: OrmSettings | None = None) -> None:
        super().__init__(settings)
        self._engine: Engine | None = None

    @hookimpl
    def glueful_add_hookspecs(self) -> object:
        """Migrations, seeders and executed statements."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """The engine, keyed by ``glueful_orm.Engine`` and pinged by the health report, and ``glueful_orm.Migrator``."""
        from .composition import migrator
        from .engines import Engine
        from .health import ping
        from .migrate.runner import Migrator

        services.register_factory(Engine, self.current_engine, ping=ping)
        services.register_factory(
            Migrator, lambda: migrator(self.current_engine(), self.settings, self.hooks, is_production=True)
        )

    @hookimpl
    async def glueful_startup(self, app: "Litestar") -> None:
        """Connect, and bind the models of this application to the database."""
        from .composition import new_engine, query_observer
        from .engines import ROUTER
        from .events import EVENTS

        engine = new_engine(self.settings)
        engine.observe = query_observer(self.hooks)
        await engine.open()
        self._engine = engine
        ROUTER.bind(engine, app)
        EVENTS.bind(app, self.hooks)

    @hookimpl
    async def glueful_shutdown(self, app: "Litestar") -> None:
        """Disconnect."""
        from .engines import ROUTER
        from .events import EVENTS

        EVENTS.unbind(app)
        if (engine := self._engine) is not None:
            self._engine = None
            ROUTER.unbind(engine)
            await engine.close()

    def current_engine(self) -> "Engine":
        """The open engine.

        Raises:
            EngineClosed: the application does not serve.
        """
        from .errors import EngineClosed

        if self._engine is None:
            raise EngineClosed("the database of this application")
        return self._engine

    @hookimpl
    def glueful_litestar_plugins(self) -> "Sequence[PluginProtocol]":
        """Models are encoded without their hidden columns, and described in OpenAPI."""
        from .encoding import ModelEncoding

        return [ModelEncoding()]

    @hookimpl
    def glueful_commands(self) -> "Sequence[click.Command]":
        """``glueful db``."""
        from .commands import DatabaseCommands

        return [DatabaseCommands(self)]

    @hookimpl(optionalhook=True)
    def glueful_error_mappings(self) -> Mapping[type[Exception], Mapping[str, Any]]:
        """Database errors as problems: 404, 409, 422, 503."""
        from .mappings import error_mappings

        return error_mappings()

    @hookimpl(optionalhook=True)
    def glueful_row_lookup(self) -> "ModelRowLookup":
        """The rules ``Unique`` and ``Exists`` of glueful-validation ask models."""
        from .lookup import ModelRowLookup

        return ModelRowLookup()

    @hookimpl(optionalhook=True)
    def glueful_resource_source(self) -> "ModelSource":
        """Resources of glueful-resources read models."""
        from .resource_source import ModelSource

        return ModelSource()
