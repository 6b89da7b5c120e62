"""The outbound HTTP client of Glueful, guarded against server-side request forgery."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .client import HttpClient, HttpResponse
    from .errors import (
        AnswerInvalid,
        ConnectionBroken,
        FailureKind,
        HostUnreachable,
        RequestFailed,
        RequestTimedOut,
        TlsFailed,
        UrlRefused,
    )
    from .guard import Guard
    from .resolving import Resolver, SystemResolver
    from .settings import HttpSettings
    from .transport import GuardedTransport

__all__ = [
    "AnswerInvalid",
    "ConnectionBroken",
    "FailureKind",
    "Guard",
    "GuardedTransport",
    "HostUnreachable",
    "HttpClient",
    "HttpResponse",
    "HttpSettings",
    "RequestFailed",
    "RequestTimedOut",
    "Resolver",
    "SystemResolver",
    "TlsFailed",
    "UrlRefused",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "AnswerInvalid": ".errors",
        "ConnectionBroken": ".errors",
        "FailureKind": ".errors",
        "Guard": ".guard",
        "GuardedTransport": ".transport",
        "HostUnreachable": ".errors",
        "HttpClient": ".client",
        "HttpResponse": ".client",
        "HttpSettings": ".settings",
        "RequestFailed": ".errors",
        "RequestTimedOut": ".errors",
        "Resolver": ".resolving",
        "SystemResolver": ".resolving",
        "TlsFailed": ".errors",
        "UrlRefused": ".errors",
    },
)
