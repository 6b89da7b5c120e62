"""Which queue belongs to the application that this code runs in."""

from typing import TYPE_CHECKING

from glueful_hookspecs import current_application

from .errors import QueueNotBound

if TYPE_CHECKING:
    from .service import Queues

_bound: "dict[object, Queues]" = {}


def bind(queues: "Queues", application: object = None) -> None:
    """Give an application its queue; the plugin does it."""
    _bound[application] = queues


def unbind(queues: "Queues") -> None:
    """Forget it."""
    for application in [key for key, bound in _bound.items() if bound is queues]:
        del _bound[application]


def current_queues() -> "Queues":
    """That of ``current_application``, else the only one.

    Raises:
        QueueNotBound: there is none, or several and this code runs in no application.
    """
    found = _bound.get(current_application())
    if found is None and len(_bound) == 1:
        (found,) = _bound.values()
    if found is None:
        raise QueueNotBound
    return found
