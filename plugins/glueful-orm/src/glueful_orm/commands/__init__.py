"""``glueful db``: each command is imported when it runs."""

import click
from glueful_hookspecs import LazyCommands

MEMBERS = {
    "migrate": ".migrating:migrate",
    "rollback": ".migrating:rollback",
    "status": ".migrating:status",
    "make": ".making:make",
    "fresh": ".rows:fresh",
    "seed": ".rows:seed",
    "show": ".inspecting:show",
    "model": ".inspecting:model",
    "check": ".inspecting:check",
}


class DatabaseCommands(LazyCommands, click.Group):
    """``glueful db``.

    Args:
        plugin: whose settings and hooks the commands use.
    """

    def __init__(self, plugin: object) -> None:
        super().__init__(plugin, MEMBERS, name="db", help="Migrate, fill and inspect the database.")
