"""Runtime hooks around each HTTP request. Costs nothing when no plugin implements any of them."""

from typing import TYPE_CHECKING

from .markers import hook

if TYPE_CHECKING:
    from litestar.types import HTTPScope


@hook("observer", since="0.1")
def glueful_request_started(scope: "HTTPScope") -> None:
    """A request has arrived.

    When: at stage ``TRACE``, before routing, identification and the route handler.
    Order: plugins in dependency order. Implementations may be ``async def``, and hold the request up while they run.
    Errors: logged with the plugin's name; the request goes on.
    Fires again: never for one request.

    Args:
        scope: the ASGI scope; put what a later hook needs into ``scope["state"]``.
    """


@hook("observer", since="0.1")
def glueful_request_finished(scope: "HTTPScope", status: int, duration_seconds: float) -> None:
    """A response was sent completely, whatever its status.

    When: after the last byte was handed to the server.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name.
    Fires again: never for one request; either this hook or ``glueful_request_failed`` fires.

    Args:
        scope: the ASGI scope; ``scope.get("path_template")`` is absent where no route matched.
        status: the response's status code.
        duration_seconds: from the arrival to the last byte.
    """


@hook("observer", since="0.1")
def glueful_request_failed(scope: "HTTPScope", error: BaseException, duration_seconds: float) -> None:
    """A request ended without a complete response: a stream broke, or the client went away.

    When: an exception left the application, that no exception handler answered.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name.
    Fires again: never for one request.

    Args:
        scope: the ASGI scope.
        error: what ended it; ``asyncio.CancelledError`` when the client went away.
        duration_seconds: from the arrival to the failure.
    """
