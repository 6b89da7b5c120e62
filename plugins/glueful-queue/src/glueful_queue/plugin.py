"""The plugin: what glueful-queue adds to an application."""

from functools import partial
from typing import TYPE_CHECKING

from glueful_hookspecs import Plugin, hookimpl

from .settings import QueueSettings

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.config.app import AppConfig


class QueuePlugin(Plugin[QueueSettings]):
    """Background jobs, at least once; see the README.

    Args:
        settings: section ``[queue]``.
    """

    def __init__(self, settings: QueueSettings | None = None) -> None:
        super().__init__(settings)
        self.is_command = False
        """Whether a command starts the application, and decides itself what runs."""

    @hookimpl
    def glueful_add_hookspecs(self) -> object:
        """Jobs, schedules, workers, and what became of jobs."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_configure(self, app_config: "AppConfig") -> None:
        """Host workers inside the lifespan of all plugins: it begins last and ends first."""
        from .hosting import hosted_workers

        app_config.lifespan.append(partial(hosted_workers, plugin=self))

    def hosts_workers(self, app: "Litestar") -> bool:
        """Whether this process, which serves, also works."""
        if self.is_command:
            return False
        return self.settings.run_worker == "always" or (self.settings.run_worker == "auto" and bool(app.debug))
