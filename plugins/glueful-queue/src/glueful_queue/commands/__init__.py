"""``glueful queue``: each command is imported when it runs."""

import click
from glueful_hookspecs import GluefulError, LazyCommands

MEMBERS = {
    "work": ".working:work",
    "stats": ".looking:stats",
    "list": ".looking:list_jobs",
    "failed": ".looking:failed",
    "retry": ".operating:retry",
    "forget": ".operating:forget",
    "cancel": ".operating:cancel",
    "pause": ".operating:pause",
    "resume": ".operating:resume",
}


class QueueCommands(LazyCommands, click.Group):
    """``glueful queue``.

    Args:
        plugin: whose settings the commands use.
    """

    def __init__(self, plugin: object) -> None:
        super().__init__(plugin, MEMBERS, name="queue", help="Run background jobs, and look after them.")

    def refusal(self, error: BaseException) -> GluefulError | None:
        """Tables that are missing are migrated, not repaired."""
        from glueful_orm import DatabaseError

        from ..errors import QueueNotMigrated
        from ..service import is_unmigrated

        if isinstance(error, DatabaseError) and is_unmigrated(error):
            return QueueNotMigrated()
        return super().refusal(error)
