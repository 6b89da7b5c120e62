"""What the commands of plugins share: each is imported when it runs, may be ``async def``, and has its plugin at hand.

Nothing here imports click: a plugin with commands requires it itself.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any

from .errors import GluefulError

if TYPE_CHECKING:
    import click

COMMAND_PLUGIN = "glueful.plugin"
"""Key of the plugin in the ``meta`` of the click context of a running command; its ``obj`` is the ``Kernel``."""


class LazyCommands:
    """A group of commands: ``class AuditCommands(LazyCommands, click.Group)``, returned from ``glueful_commands``.

    Args:
        plugin: that contributes them.
        members: command to ``package.module:attribute``, in the order of their use; a module that begins with a dot is
            in the package whose ``__init__`` defines the class.
        options: of ``click.Group``: ``name`` and ``help``.
    """

    def __init__(self, plugin: object, members: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._plugin = plugin
        self._members = dict(members)

    def list_commands(self, ctx: "click.Context") -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of their use. Called by click."""
        return list(self._members)

    def get_command(self, ctx: "click.Context", cmd_name: str) -> "click.Command | None":  # noqa: ARG002 - as above
        """A command by name, None if there is none. Called by click."""
        if (target := self._members.get(cmd_name)) is None:
            return None
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module, type(self).__module__), attribute)
        return command

    def invoke(self, ctx: "click.Context") -> Any:
        """Run a command, one that is ``async def`` in an event loop of its own. Called by click.

        Raises:
            GluefulError: what the command refused, also out of the group of exceptions of a task.
        """
        ctx.meta[COMMAND_PLUGIN] = self._plugin
        try:
            result = super().invoke(ctx)  # type: ignore[misc]  # of click.Group
            return asyncio.run(result) if iscoroutine(result) else result
        except BaseException as error:
            refusal = self.refusal(_alone(error))
            if refusal is None or refusal is error:
                raise
            raise refusal from error

    def refusal(self, error: BaseException) -> GluefulError | None:
        """What the command line says in one line instead of a traceback; None for what nobody expects.

        Override it for errors of your own that say less than they could, or that are no ``GluefulError``.
        """
        return error if isinstance(error, GluefulError) else None


def _alone(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def aligned(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines of a table: every column as wide as its widest cell, the last one free; None is an empty cell."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[index]) for line in cells) for index in range(len(head))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
