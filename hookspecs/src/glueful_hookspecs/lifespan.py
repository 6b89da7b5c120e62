"""Runtime hooks around the life of a serving application."""

from typing import TYPE_CHECKING

from .markers import hook

if TYPE_CHECKING:
    from litestar import Litestar


@hook("veto", since="0.1")
def glueful_startup(app: "Litestar") -> None:
    """The application is about to serve: open pools, start background work.

    When: in the event loop, once for each process, before the first request is accepted.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the start; the plugins already started are shut down in reverse.
    Fires again: only if the application is started again.

    Args:
        app: the application.
    """


@hook("observer", since="0.1")
def glueful_shutdown(app: "Litestar") -> None:
    """The application has stopped accepting requests: close what ``glueful_startup`` opened.

    When: after the last request, also when a start fails half-way; then only for plugins whose own
        ``glueful_startup`` was called.
    Order: reverse dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the others are still shut down.
    Fires again: only if the application is started again.

    Args:
        app: the application.
    """
