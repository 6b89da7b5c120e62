"""Principals, authenticators, passwords and JWT access tokens for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .authenticators import Authenticator
    from .errors import (
        CredentialsAmbiguous,
        CredentialUnknown,
        HashingBusy,
        PasswordTooLong,
        ScopeMissing,
        TokenExpired,
        TokenInvalid,
        Unauthenticated,
    )
    from .guards import authenticated, requires_scope
    from .passwords import PasswordCheck, Passwords
    from .settings import AuthSettings
    from .tokens import AccessTokens

__all__ = [
    "AccessTokens",
    "AuthSettings",
    "Authenticator",
    "CredentialUnknown",
    "CredentialsAmbiguous",
    "HashingBusy",
    "PasswordCheck",
    "PasswordTooLong",
    "Passwords",
    "ScopeMissing",
    "TokenExpired",
    "TokenInvalid",
    "Unauthenticated",
    "authenticated",
    "requires_scope",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "AccessTokens": ".tokens",
        "AuthSettings": ".settings",
        "Authenticator": ".authenticators",
        "CredentialUnknown": ".errors",
        "CredentialsAmbiguous": ".errors",
        "HashingBusy": ".errors",
        "PasswordCheck": ".passwords",
        "PasswordTooLong": ".errors",
        "Passwords": ".passwords",
        "ScopeMissing": ".errors",
        "TokenExpired": ".errors",
        "TokenInvalid": ".errors",
        "Unauthenticated": ".errors",
        "authenticated": ".guards",
        "requires_scope": ".guards",
    },
)
