"""``glueful webhooks``: each command is imported when it runs."""

import click
from glueful_hookspecs import GluefulError, LazyCommands

MEMBERS = {
    "work": ".working:work",
    "prune": ".working:prune",
    "events": ".endpoints:events",
    "subscribe": ".endpoints:subscribe",
    "list": ".endpoints:list_endpoints",
    "rotate": ".endpoints:rotate",
    "enable": ".endpoints:enable",
    "disable": ".endpoints:disable",
    "delete": ".endpoints:delete",
    "stats": ".deliveries:stats",
    "test": ".deliveries:test",
    "deliveries": ".deliveries:deliveries",
    "show": ".deliveries:show",
    "retry": ".deliveries:retry",
    "recover": ".deliveries:recover",
    "replay": ".deliveries:replay",
}


class WebhooksCommands(LazyCommands, click.Group):
    """``glueful webhooks``.

    Args:
        plugin: whose settings the commands use.
    """

    def __init__(self, plugin: object) -> None:
        super().__init__(plugin, MEMBERS, name="webhooks", help="Deliver webhooks, and look after endpoints.")

    def refusal(self, error: BaseException) -> GluefulError | None:
        """What the service answers to callers over HTTP is a refusal here; tables that are missing are migrated."""
        from glueful_orm import DatabaseError
        from litestar.exceptions import HTTPException

        from ..errors import CommandRefused, DatabaseNotMigrated

        if isinstance(error, DatabaseError):
            text = str(error)
            is_missing = "webhook_" in text and ("exist" in text or "no such" in text)
            return DatabaseNotMigrated() if is_missing else error
        if isinstance(error, HTTPException) and not isinstance(error, GluefulError):
            return CommandRefused(error.detail)
        return super().refusal(error)
