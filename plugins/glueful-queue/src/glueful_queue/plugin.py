"""The plugin: what glueful-queue adds to an application."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import HealthCheck, HealthResult, Plugin, hookimpl

from .settings import QueueSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click
    import svcs
    from glueful_hookspecs import Finding
    from glueful_orm import MigrationSource
    from litestar import Litestar, Router
    from litestar.config.app import AppConfig

    from .service import Queues


class QueuePlugin(Plugin[QueueSettings]):
    """Background jobs, at least once; see the README.

    Args:
        settings: section ``[queue]``.
        options: keyword arguments of ``Queues``, for tests: ``clock``, ``fraction``.
    """

    def __init__(self, settings: QueueSettings | None = None, **options: Any) -> None:
        super().__init__(settings)
        self._options = options
        self._queues: Queues | None = None
        self._others: dict[str, Any] = {}

    @hookimpl
    def glueful_add_hookspecs(self) -> object:
        """Jobs, schedules, workers, and what became of jobs."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_migrations(self) -> "MigrationSource":
        """The tables."""
        from glueful_orm import MigrationSource

        return MigrationSource("queue", Path(__file__).parent / "migrations", models="glueful_queue.tables")

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """``Queues``."""
        from .service import Queues

        services.register_factory(Queues, self.queues)

    @hookimpl
    def glueful_routes(self) -> "list[Router]":
        """The management API."""
        if not self.settings.api:
            return []
        from .routes import management_routes

        return [management_routes(self.settings, self.queues)]

    @hookimpl
    def glueful_health_checks(self) -> list[HealthCheck]:
        """``queue.backlog``."""

        async def check() -> HealthResult:
            from .health import backlog

            return await backlog(self.queues())

        return [HealthCheck(name="queue.backlog", check=check, is_critical=False)]

    @hookimpl
    def glueful_production_findings(self) -> "list[Finding]":
        """The embedded broker, and a database that is not known to be more than a file."""
        from .production import findings

        return findings(self.settings, self._others)

    @hookimpl(optionalhook=True)
    def glueful_error_mappings(self) -> "Mapping[type[Exception], Mapping[str, Any]]":
        """Unknown jobs are 404, a broker that does not answer 503."""
        from .mappings import error_mappings

        return error_mappings()

    @hookimpl
    def glueful_commands(self) -> "list[click.Command]":
        """``glueful queue``."""
        from .commands import QueueCommands

        return [QueueCommands(self)]

    @hookimpl
    def glueful_configure(self, app_config: "AppConfig") -> None:
        """Host workers inside the lifespan of all plugins: it begins last and ends first."""
        from .hosting import hosted_workers
        from .production import settings_of_others

        self._others = settings_of_others(app_config.plugins)
        app_config.lifespan.append(partial(hosted_workers, plugin=self))

    @hookimpl
    async def glueful_startup(self, app: "Litestar") -> None:
        """Bind the queue to the application."""
        from .binding import bind
        from .brokers import new_queues

        self._queues = await new_queues(self.settings, app, self.hooks, **self._options)
        bind(self._queues, app)

    @hookimpl
    async def glueful_shutdown(self) -> None:
        """Let go of the broker."""
        from .binding import unbind

        queues, self._queues = self._queues, None
        if queues is not None:
            unbind(queues)
            await queues.close()

    def queues(self) -> "Queues":
        """The queues of the application that is running.

        Raises:
            QueueNotBound: none is.
        """
        from .errors import QueueNotBound

        if self._queues is None:
            raise QueueNotBound
        return self._queues

    def hosts_workers(self, app: "Litestar") -> bool:
        """Whether this process, which serves, also works."""
        if app.state.get("is_command"):  # a command decides itself what runs
            return False
        return self.settings.run_worker == "always" or (self.settings.run_worker == "auto" and bool(app.debug))
