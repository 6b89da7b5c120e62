"""Contribution hook for the command line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .markers import hook

if TYPE_CHECKING:
    import click


@hook("contribution", since="0.1")
def glueful_commands() -> "Sequence[click.Command]":
    """Add commands to ``glueful``.

    When: the command line is used; keep heavy imports inside the commands.
    Order: plugins in dependency order. A name that another plugin or the kernel uses is a conflict.
    Errors: fail the plugin.
    Returns: click commands, or groups of them made of ``LazyCommands``; a command ends with an error by raising
        ``GluefulError`` or ``click.ClickException``. ``click.get_current_context().obj`` is the ``Kernel``.
    """
    return ()
