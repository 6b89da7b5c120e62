"""Who may look after queues."""

from typing import Any

from glueful_hookspecs import Principal
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from .errors import QueueScopeMissing


def queue_scope(scope: str) -> Guard:
    """Let callers with a scope pass; where nobody identifies callers, nobody passes.

    Raises:
        NotAuthorizedException: from the guard: nobody is calling.
        QueueScopeMissing: from the guard.
    """

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        principal = connection.scope.get("user")
        if not isinstance(principal, Principal):
            raise NotAuthorizedException("Authentication is needed.", headers={"WWW-Authenticate": "Bearer"})
        if scope not in principal.scopes:
            raise QueueScopeMissing(scope)

    return guard
