"""The commands that plugins contribute to ``glueful`` and ``litestar``."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from glueful_hookspecs import Hooks

from .errors import ContributionConflict

if TYPE_CHECKING:
    import click


def plugin_commands(hooks: Hooks, taken: Collection[str]) -> "list[click.Command]":
    """The commands that the active plugins contribute.

    Raises:
        ContributionConflict: a name is in ``taken``, or two plugins use it.
    """
    owners = dict.fromkeys(taken, "the command line")
    commands = []
    for plugin, contributed in hooks.contributions("glueful_commands"):
        for command in contributed:
            name = command.name or ""
            if name in owners:
                raise ContributionConflict(plugin, owners[name], f"the command {name}", name)
            owners[name] = plugin
            commands.append(command)
    return commands
