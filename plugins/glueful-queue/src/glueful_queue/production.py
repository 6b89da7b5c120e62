"""What of the queue is fine while developing and wrong in production."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Finding

if TYPE_CHECKING:
    from .settings import QueueSettings


def settings_of_others(plugins: Iterable[object]) -> dict[str, Any]:
    """The settings of glueful-orm and glueful-redis in the kernel among an application's plugins; by plugin name.

    With ``broker = "auto"`` they decide which broker there is, and nothing is started before the question is asked.
    """
    for plugin in plugins:
        objects: Mapping[str, Any] = getattr(getattr(plugin, "composition", None), "objects", {})
        if "orm" in objects:
            return {name: objects[name].settings for name in ("orm", "redis") if name in objects}
    return {}


def findings(settings: "QueueSettings", others: Mapping[str, Any]) -> list[Finding]:
    """The embedded broker works for the processes of one machine only."""
    if settings.broker not in ("auto", "sqlite"):
        return []
    redis, orm = others.get("redis"), others.get("orm")
    if settings.broker == "auto":
        if redis is not None and redis.url is not None:
            return []
        if orm is None or not orm.url.reveal().startswith("sqlite:"):
            return []
    return [
        Finding(
            code="queue.single_machine",
            what="jobs wait in a SQLite file, which the workers of one machine share",
            fix="GLUEFUL_ORM__URL=postgresql://user@host/database   or   GLUEFUL_REDIS__URL=redis://host:6379/0",
        )
    ]
