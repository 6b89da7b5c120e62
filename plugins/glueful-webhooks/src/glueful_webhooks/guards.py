"""Who may manage webhooks."""

from typing import Any

from glueful_hookspecs import Principal
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from .errors import WebhooksScopeMissing


def webhooks_scope(scope: str, admin_scope: str) -> Guard:
    """Let callers with one of two scopes pass; where nobody identifies callers, nobody passes.

    Args:
        scope: for a caller's own endpoints.
        admin_scope: for all.

    Raises:
        NotAuthorizedException: from the guard: nobody is calling.
        WebhooksScopeMissing: from the guard.
    """
    allowed = frozenset({scope, admin_scope})

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        principal = connection.scope.get("user")
        if not isinstance(principal, Principal):
            raise NotAuthorizedException("Authentication is needed.", headers={"WWW-Authenticate": "Bearer"})
        if allowed.isdisjoint(principal.scopes):
            raise WebhooksScopeMissing(scope)

    return guard
