"""Litestar guards: who may call a route. What is not granted is denied."""

from typing import Any

from glueful_hookspecs import Principal
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from .errors import ScopeMissing, Unauthenticated

Connection = ASGIConnection[Any, Any, Any, Any]


def authenticated(connection: Connection, _: BaseRouteHandler) -> None:
    """Let callers with a valid credential pass: ``guards=[authenticated]``.

    Raises:
        Unauthenticated: there is none, or nobody has identified the caller.
    """
    _principal(connection)


def requires_scope(*scopes: str) -> Guard:
    """Make a guard that lets credentials with all of these scopes pass.

    Args:
        scopes: at least one.

    Raises:
        ValueError: no scope was given; from the guard ``Unauthenticated`` or ``ScopeMissing``.
    """
    needed = frozenset(scopes)
    if not needed:
        raise ValueError("requires_scope needs at least one scope")

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if not needed <= _principal(connection).scopes:
            raise ScopeMissing(needed)

    return guard


def _principal(connection: Connection) -> Principal:
    principal = connection.scope.get("user")
    if not isinstance(principal, Principal):
        raise Unauthenticated
    return principal
