"""Why a caller is refused, and why a start is."""

from typing import ClassVar

from glueful_hookspecs import GluefulError
from litestar.exceptions import (
    ClientException,
    NotAuthorizedException,
    PermissionDeniedException,
    ServiceUnavailableException,
)

MINIMUM_SECRET_BYTES = 32


class Unauthenticated(NotAuthorizedException):
    """No valid credential: 401 with ``WWW-Authenticate`` (RFC 9110 section 11.6.1).

    Args:
        scheme: what the caller should use.
    """

    code: ClassVar[str] = "auth.credentials_missing"
    sentence: ClassVar[str] = "Authentication is needed."
    challenge: ClassVar[str] = ""

    def __init__(self, scheme: str = "Bearer") -> None:
        super().__init__(self.sentence, headers={"WWW-Authenticate": scheme + self.challenge})


class TokenInvalid(Unauthenticated):
    """The token is none of ours, or was changed. It is not said what is wrong with it."""

    code = "auth.token_invalid"
    sentence = "The access token is invalid."
    challenge = ' error="invalid_token"'


class TokenExpired(TokenInvalid):
    """The token was valid once."""

    code = "auth.token_expired"
    sentence = "The access token has expired."


class CredentialUnknown(Unauthenticated):
    """A credential of a kind that nobody here understands: refused, never taken for anonymous."""

    code = "auth.credential_unknown"
    sentence = "The credential is of a kind that is not accepted here."


class CredentialsAmbiguous(ClientException):
    """More than one credential in one request (RFC 6750 section 2): 400."""

    code = "auth.credentials_ambiguous"

    def __init__(self) -> None:
        super().__init__("Exactly one credential may be sent.")


class ScopeMissing(PermissionDeniedException):
    """The credential does not have a scope that the route needs: 403.

    Args:
        scopes: all that are needed.
    """

    code = "auth.scope_missing"

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes
        wanted = " ".join(sorted(scopes))
        challenge = f'Bearer error="insufficient_scope", scope="{wanted}"'
        super().__init__("The credential lacks a scope.", headers={"WWW-Authenticate": challenge})


class HashingBusy(ServiceUnavailableException):
    """Too many passwords are waiting to be hashed: 503."""

    code = "auth.hashing_busy"

    def __init__(self) -> None:
        super().__init__("Too many requests at a time; try again.", headers={"Retry-After": "1"})


class PasswordTooLong(ValueError):
    """A password of more bytes than are hashed.

    Args:
        limit: greatest length in bytes of UTF-8.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a password may have {limit} bytes at most")


class SecretMissing(GluefulError):
    """There is no key for access tokens."""

    code = "auth.secret_missing"

    def __init__(self) -> None:
        super().__init__(
            what="auth.secret is not set",
            fix="GLUEFUL_AUTH__SECRET=$(python -c 'import secrets; print(secrets.token_urlsafe(48))')",
        )


class SecretUnfit(GluefulError):
    """The key for access tokens is too short, or is a public key or JWK that anybody may know."""

    code = "auth.secret_unfit"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            what=f"auth.secret {problem}",
            fix=f"use {MINIMUM_SECRET_BYTES} random bytes or more: secrets.token_urlsafe(48)",
        )
