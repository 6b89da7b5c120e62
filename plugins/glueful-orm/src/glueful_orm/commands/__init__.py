"""``glueful db``: each command is imported when it runs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..plugin import OrmPlugin

MODULES = {
    "migrate": ".migrating",
    "rollback": ".migrating",
    "status": ".migrating",
    "make": ".making",
    "fresh": ".rows",
    "seed": ".rows",
    "show": ".inspecting",
    "model": ".inspecting",
    "check": ".inspecting",
}
PLUGIN = "glueful_orm.plugin"
"""Key of the plugin object in the ``meta`` of a click context."""


class DatabaseGroup(click.Group):
    """Finds its commands in the modules beside this one.

    Args:
        plugin: whose settings and hooks the commands use.
    """

    def __init__(self, plugin: "OrmPlugin", **options: Any) -> None:
        super().__init__(**options)
        self._plugin = plugin

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of their use."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """A command by name."""
        if (module := MODULES.get(cmd_name)) is None:
            return None
        command: click.Command = getattr(import_module(module, __name__), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, with the plugin at hand."""
        ctx.meta[PLUGIN] = self._plugin
        return super().invoke(ctx)


def database_group(plugin: "OrmPlugin") -> click.Group:
    """The group that the plugin contributes."""
    return DatabaseGroup(plugin, name="db", help="Migrate, fill and inspect the database.")
