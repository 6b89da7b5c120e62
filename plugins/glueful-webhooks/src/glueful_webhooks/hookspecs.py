"""Hooks that glueful-webhooks calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glueful_hookspecs import hook

if TYPE_CHECKING:
    import msgspec

    from .outcome import Outcome


@hook("contribution", since="0.1")
def glueful_webhook_events() -> "Sequence[type[msgspec.Struct]]":
    """Name the payload types of events, so that the modules that declare them are imported.

    When: an application is being built, and when a ``glueful webhooks`` command runs.
    Order: plugins in dependency order.
    Errors: fail the plugin. A type without ``@webhook_event`` is refused.
    Returns: Structs decorated with ``@webhook_event``.
    """
    return ()


@hook("observer", since="0.1")
def glueful_webhook_delivered(outcome: "Outcome") -> None:
    """A receiver acknowledged a delivery with a 2xx.

    When: after the outcome was stored, in the process that delivered. Implementations may be ``async def``.
    Order: plugins in dependency order.
    Errors: logged with the plugin's name; the delivery stands.
    Fires again: once for each delivery; again for one that was replayed.

    Args:
        outcome: ids, times and status; never the payload or a secret.
    """


@hook("observer", since="0.1")
def glueful_webhook_failed(outcome: "Outcome") -> None:
    """An attempt was in vain: no answer, or none of 2xx.

    When: after the outcome was stored; ``outcome.next_attempt_at`` says when the next attempt is, if there is one.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name.
    Fires again: once for each attempt.

    Args:
        outcome: ids, times, status and why.
    """


@hook("observer", since="0.1")
def glueful_webhook_disabled(endpoint_id: str, owner: str, reason: str) -> None:
    """An endpoint is not called any more; its owner should be told by another way.

    When: after it was stored: the receiver answered 410, it failed for too long, or somebody disabled it.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the endpoint stays disabled.
    Fires again: each time it is disabled.

    Args:
        endpoint_id: which.
        owner: whose it is; empty for the application's own.
        reason: ``gone``, ``failing`` or ``manual``.
    """
