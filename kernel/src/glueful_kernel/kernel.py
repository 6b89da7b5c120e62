"""The kernel: a Litestar plugin that brings all others."""

import os
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from glueful_registry import PluginError
from litestar.plugins import CLIPlugin, InitPlugin

from .boot import Composition, compose
from .errors import ContributionConflict
from .logging import configure
from .settings import KernelSettings, Settings, SettingsSource

if TYPE_CHECKING:
    import click
    import svcs
    from litestar import Litestar
    from litestar.config.app import AppConfig

    from .assembly import Contributions


class Kernel(InitPlugin, CLIPlugin):
    """Composes a Litestar application out of the installed plugins: ``Litestar(..., plugins=[Kernel()])``.

    Args:
        settings: a nested mapping that is used alone, or the path of a TOML file; by default ``GLUEFUL_CONFIG``,
            ``glueful.toml`` or ``[tool.glueful]`` of ``pyproject.toml``, and then the environment.
        plugins: plugin objects or modules to add to the installed ones; always active.
        only: names of installed plugins to start, with what they require; None for all.
        without: names of plugins not to start.
        tolerant: quarantine what fails whatever the settings say.

    Raises:
        GluefulError: what stops the start: a setting, a missing requirement, an import error …
    """

    def __init__(
        self,
        settings: SettingsSource = None,
        plugins: Sequence[object] = (),
        *,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
        tolerant: bool = False,
    ) -> None:
        self.settings = Settings(settings)
        self._about: KernelSettings = self.settings.decode("kernel", KernelSettings)  # type: ignore[assignment]
        self.environment = self._about.environment
        configure(self.environment, os.environ.get("GLUEFUL_LOG_LEVEL"))
        self.composition: Composition = compose(self.settings, plugins, only, without, tolerant=tolerant)
        self._contributions: Contributions | None = None
        self._mounted: set[int] = set()

    @property
    def overridden(self) -> list[str]:
        """Which plugin replaced what of which, a line each; empty before an application is built."""
        return self._contributions.overridden if self._contributions else []

    def on_app_init(self, app_config: "AppConfig") -> "AppConfig":
        """Put the contributions of all active plugins into the application. Called by Litestar."""
        from .lifespan import lifespan
        from .middleware import OUTER, in_stages

        contributions = self._contributions = self._collect()
        if self.environment == "development":
            app_config.debug = True
        app_config.logging_config = None
        inner = [item.middleware for item in in_stages(contributions.middleware) if item.stage not in OUTER]
        contributions.apply(app_config, inner)
        app_config.lifespan.insert(
            0, partial(lifespan, hooks=self.composition.dispatcher, registry=self._open_registry)
        )
        app_config.on_startup.insert(0, self.mount)
        return app_config

    def _collect(self) -> "Contributions":
        from .assembly import Contributions

        while True:
            try:
                return Contributions(self.composition)
            except PluginError as error:
                self.composition.fail(error.plugin, error)
                self.composition.compile()

    def _open_registry(self) -> "svcs.Registry":
        """The registry that boot has filled; a new one after a shutdown has closed it."""
        contributions = self._contributions or self._collect()
        if not any(True for _ in contributions.services):
            contributions.services = contributions.fill_registry()
        return contributions.services

    def mount(self, app: "Litestar") -> None:
        """Wrap the application in the outer stages, once; ``create_app`` and every start call it."""
        from .middleware import wrap

        if id(app) in self._mounted or self._contributions is None:
            return
        self._mounted.add(id(app))
        if app.request_max_body_size == 10_000_000:  # Litestar's default: nobody chose it
            app.request_max_body_size = self._about.max_body_bytes
        app.asgi_handler = wrap(app, self._contributions.middleware, self.composition.dispatcher)

    @asynccontextmanager
    async def started(self) -> "AsyncIterator[Litestar]":
        """An application for a command, its plugins started and no route of its own; ``state.is_command`` is true."""
        from litestar import Litestar
        from litestar.datastructures import State

        app = Litestar([], plugins=[self], openapi_config=None, state=State({"is_command": True}))
        async with app.lifespan():
            yield app

    def on_cli_init(self, cli: "click.Group") -> None:
        """Add the commands of all plugins to ``litestar``, as they are in ``glueful``."""
        for command in self.commands(taken=cli.commands):
            cli.add_command(command)

    def commands(self, taken: Iterable[str]) -> "list[click.Command]":
        """The commands that the active plugins contribute.

        Raises:
            HookFailed: a plugin raised, or returned something else than commands.
            ContributionConflict: a name is in ``taken``, or two plugins use it.
        """
        import click

        owners, commands = dict.fromkeys(taken, "the command line"), []
        for plugin, command in self.composition.dispatcher.values("glueful_commands", click.Command):
            if command.name in owners:
                raise ContributionConflict(plugin, owners[command.name], f"the command {command.name}", command.name)
            owners[command.name] = plugin
            command.context_settings["obj"] = self  # ``litestar`` has an object of its own there
            commands.append(command)
        return commands
