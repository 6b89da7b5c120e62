"""How a request says who sends it: the contract, and the authenticator of access tokens."""

from collections.abc import Sequence
from typing import Any, Protocol

from glueful_hookspecs import Principal
from litestar.connection import ASGIConnection

from .errors import TokenInvalid
from .tokens import AccessTokens

Connection = ASGIConnection[Any, Any, Any, Any]


class Authenticator(Protocol):
    """Turns a credential into a principal.

    Attributes:
        headers: lower-case names of the request headers that may hold its credential, as bytes; a request with none of
            them is anonymous to it.
    """

    headers: frozenset[bytes]

    async def authenticate(self, connection: Connection) -> Principal | None:
        """Say who is calling.

        Returns:
            None if the request holds no credential of this kind.

        Raises:
            Unauthenticated: it holds one, and it is not valid.
        """
        ...


class TokenAuthenticator:
    """Access tokens in ``Authorization`` (RFC 6750 section 2.1).

    Args:
        tokens: verifies them.
        schemes: accepted words before the token, in any case.
    """

    headers = frozenset({b"authorization"})

    def __init__(self, tokens: AccessTokens, schemes: Sequence[str]) -> None:
        self._tokens = tokens
        self._schemes = frozenset(scheme.lower() for scheme in schemes)

    async def authenticate(self, connection: Connection) -> Principal | None:
        """See ``Authenticator``."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in self._schemes:
            return None
        token = token.lstrip(" ")
        if not token:
            raise TokenInvalid(scheme)
        return self._tokens.verify(token)
