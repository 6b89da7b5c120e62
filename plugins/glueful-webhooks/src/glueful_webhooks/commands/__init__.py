"""``glueful webhooks``: each command is imported when it runs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..plugin import WebhooksPlugin

MODULES = {
    "work": ".working",
    "prune": ".working",
    "events": ".endpoints",
    "subscribe": ".endpoints",
    "list": ".endpoints",
    "rotate": ".endpoints",
    "enable": ".endpoints",
    "disable": ".endpoints",
    "delete": ".endpoints",
    "stats": ".deliveries",
    "test": ".deliveries",
    "deliveries": ".deliveries",
    "show": ".deliveries",
    "retry": ".deliveries",
    "recover": ".deliveries",
    "replay": ".deliveries",
}
FUNCTIONS = {"list": "list_endpoints"}
PLUGIN = "glueful_webhooks.plugin"
"""Key of the plugin object in the ``meta`` of a click context."""


class WebhooksGroup(click.Group):
    """Finds its commands in the modules beside this one.

    Args:
        plugin: whose settings the commands use.
    """

    def __init__(self, plugin: "WebhooksPlugin", **options: Any) -> None:
        super().__init__(**options)
        self._plugin = plugin

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of their use."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """A command by name."""
        if (module := MODULES.get(cmd_name)) is None:
            return None
        command: click.Command = getattr(import_module(module, __name__), FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, with the plugin at hand."""
        ctx.meta[PLUGIN] = self._plugin
        return super().invoke(ctx)


def webhooks_group(plugin: "WebhooksPlugin") -> click.Group:
    """The group that the plugin contributes."""
    return WebhooksGroup(plugin, name="webhooks", help="Deliver webhooks, and look after endpoints.")
