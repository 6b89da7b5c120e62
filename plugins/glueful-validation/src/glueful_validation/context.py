"""What a rule may ask about the request it runs in."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from glueful_hookspecs import Principal

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

Clock = Callable[[], datetime]


class Absent:
    """The type of ``ABSENT`` and ``INVALID``: a field without a value that a rule could look at."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent("ABSENT")
"""The field was not sent."""
INVALID: Final = Absent("INVALID")
"""The field was sent and has an error of its own."""


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


class RequestContext:
    """One request while it is validated.

    Args:
        connection: the request; guards have passed, its dependencies are not resolved yet.
        locale: language of the messages.
        clock: the current time, aware.
    """

    __slots__ = ("bindings", "clock", "connection", "locale")

    def __init__(self, connection: "ASGIConnection[Any, Any, Any, Any]", locale: str, clock: Clock = utc_now) -> None:
        self.connection = connection
        self.locale = locale
        self.clock = clock
        self.bindings: Mapping[str, Any] = {}
        """What ``FormRequest.bindings`` returned."""

    @property
    def principal(self) -> Principal | None:
        """Who is calling; None for nobody, and where no plugin identifies callers."""
        user = self.connection.scope.get("user")
        return user if isinstance(user, Principal) else None

    @property
    def path_params(self) -> Mapping[str, Any]:
        """Path parameters by name, converted as the route says: ``{user_id:int}`` is an int."""
        return self.connection.path_params

    @property
    def route(self) -> Any:
        """Path parameters and bound objects as attributes: ``context.route.user_id``, ``context.route.user``."""
        return SimpleNamespace(**{**self.path_params, **self.bindings})


class RuleContext:
    """Where one rule runs: the request, and the object that the value stands in."""

    __slots__ = ("_sibling", "field", "request")

    def __init__(self, request: RequestContext, field: str, sibling: Callable[[str], Any]) -> None:
        self.request = request
        self.field = field
        """Name of the field or parameter, as declared."""
        self._sibling = sibling

    def sibling(self, name: str) -> Any:
        """Another field of the same object, by its declared name or its name in JSON.

        Returns:
            Its value; ``ABSENT`` or ``INVALID`` where it has none.
        """
        return self._sibling(name)

    def now(self) -> datetime:
        """The current time, aware."""
        return self.request.clock()


current_validation: ContextVar[RequestContext] = ContextVar("current_validation")
"""The request that is validated or handled in this context; how methods of ``FormRequest`` find their request."""
