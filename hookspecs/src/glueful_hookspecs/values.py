"""The values that cross hooks."""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from enum import IntEnum, StrEnum
from typing import Any
from uuid import uuid4

import msgspec


class Stage(IntEnum):
    """Where a middleware stands; the smallest is outermost.

    ``TRACE``, ``EDGE``, ``LIMIT`` and ``IDENTIFY`` wrap the whole application and see requests that match no route,
    too. From ``QUOTA`` on, middlewares run after routing: ``scope["route_handler"]`` is known. Litestar's own
    ``middleware=`` runs inside ``APP``.
    """

    TRACE = 10
    """Spans, access log, request observers."""
    EDGE = 20
    """Hosts, proxies, paths, CORS."""
    LIMIT = 30
    """Limits by address, before anybody is known."""
    IDENTIFY = 40
    """Credentials become ``connection.user``."""
    QUOTA = 50
    """Limits by principal."""
    NEGOTIATE = 60
    """Versions, content types, idempotency keys."""
    CACHE = 70
    """Stored responses."""
    APP = 80
    """Everything else; the default."""


class Staged(msgspec.Struct, frozen=True):
    """A middleware and its place. Within a stage, plugins keep their dependency order."""

    stage: Stage
    middleware: Any
    """What Litestar's ``middleware=`` takes: an ``ASGIMiddleware`` instance or a callable ``(app) -> ASGIApp``."""


class PrincipalKind(StrEnum):
    """What sort of party a principal is."""

    USER = "user"
    API_KEY = "api_key"
    CLIENT = "client"
    SERVICE = "service"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling: stands in ``connection.user`` once a credential was accepted, else that is None.

    Absent scopes and roles grant nothing.
    """

    id: str
    kind: PrincipalKind = PrincipalKind.USER
    scopes: frozenset[str] = frozenset()
    """What the credential may do (RFC 6749 section 3.3)."""
    roles: frozenset[str] = frozenset()
    """What the party is."""
    tier: str | None = None
    """Name of the plan that limits are taken from."""
    claims: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """What else the credential said, for example the claims of a JWT (RFC 7519 section 4)."""


class HealthStatus(StrEnum):
    """The outcome of a health check."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"


class HealthResult(msgspec.Struct, frozen=True):
    """What a health check found."""

    status: HealthStatus
    detail: str = ""
    """For operators; never secrets, shown outside only where the application asks for it."""


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A named question about a dependency or a backlog, asked with a time limit."""

    name: str
    """Lower-case words joined by dots, for example ``orm.connection``."""
    check: Callable[[], Awaitable[HealthResult | None]]
    """Returns a result; None means pass; raising means fail."""
    is_critical: bool = True
    """A failing critical check makes the application not ready; another one only warns."""
    timeout_seconds: float = 2.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is fine while developing and wrong in production, such as what works on one machine only."""

    code: str
    """Dotted, stable, never reused, for example ``redis.single_machine``."""
    what: str
    """One sentence, the culprit first; never secrets."""
    fix: str
    """What to run or set, so that it can be pasted."""


class Secret:
    """A string that never prints: its value is shown by ``reveal()`` alone. Use it as a field type in settings."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value; call it where it is used, and keep it in no other variable."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest

        return isinstance(other, Secret) and compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")


_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The id of a request: the caller's ``X-Request-ID`` if it is 1 to 64 of ``A-Za-z0-9._-``, else a new one.

    The same for every caller within one request; kept in ``scope["state"]["request_id"]``.

    Args:
        scope: the ASGI scope.
    """
    state: dict[str, Any] = scope.setdefault("state", {})
    known: str | None = state.get("request_id")
    if known is None:
        given = next((value for name, value in scope.get("headers", ()) if name == b"x-request-id"), None)
        known = given.decode() if given is not None and _REQUEST_ID.fullmatch(given) else uuid4().hex
        state["request_id"] = known
    return known


current_scope: ContextVar[MutableMapping[str, Any]] = ContextVar("current_scope")
"""The ASGI scope of what is being served in this context: a request, a WebSocket, or the lifespan; unset elsewhere.

One variable for all: each costs every request."""


def current_application() -> Any:
    """The Litestar application that serves, starts or stops in this context, or None, as in a script.

    Module-level objects, such as models, find through it what belongs to their application, so that two applications in
    one process share nothing.
    """
    scope = current_scope.get(None)
    return None if scope is None else scope["litestar_app"]
