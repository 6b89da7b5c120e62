"""Access tokens: JWTs of RFC 9068 with one pinned algorithm, checked strictly before a library sees them."""

import base64
import binascii
import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from glueful_hookspecs import Principal, PrincipalKind, Secret
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from .errors import MINIMUM_SECRET_BYTES, SecretUnfit, TokenExpired, TokenInvalid
from .settings import AuthSettings

MAXIMUM_TOKEN_BYTES = 8_192
TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068 section 2.1
_THREE_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_FIELDS = frozenset({"alg", "typ", "kid"})
_OWN_CLAIMS = frozenset({"sub", "scope", "roles", "tier", "kind"})


class AccessTokens:
    """Issues and verifies access tokens; a service.

    Args:
        settings: key, algorithm, issuer, audience and life.
        clock: seconds since the epoch.

    Raises:
        SecretUnfit: a key is shorter than 32 bytes, or looks like a public key.
    """

    def __init__(self, settings: AuthSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        current = settings.secret or Secret(secrets.token_urlsafe(48))
        self._keys = {_key_id(secret): _key(secret) for secret in (current, *settings.previous_secrets)}
        self._key_id = _key_id(current)

    def issue(
        self,
        subject: str,
        *,
        scopes: frozenset[str] = frozenset(),
        roles: frozenset[str] = frozenset(),
        claims: Mapping[str, Any] | None = None,
        expires_in: int | None = None,
    ) -> str:
        """Sign a token.

        Args:
            subject: id of the principal.
            scopes: what the token may do; none grants nothing.
            roles: what the party is.
            claims: anything else that JSON holds; standard claims cannot be replaced.
            expires_in: life in seconds, by default that of the settings.
        """
        now = int(self._clock())
        life = self._settings.access_token_seconds if expires_in is None else expires_in
        payload = {
            **(claims or {}),
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "sub": subject,
            "iat": now,
            "exp": now + life,
            "jti": secrets.token_urlsafe(16),
        }
        if scopes:
            payload["scope"] = " ".join(sorted(scopes))
        if roles:
            payload["roles"] = sorted(roles)
        header = {"alg": self._settings.algorithm, "typ": TOKEN_TYPE, "kid": self._key_id}
        return jwt.encode(header, payload, self._keys[self._key_id], algorithms=[self._settings.algorithm])

    def verify(self, token: str) -> Principal:
        """Check a token and say who presents it.

        Raises:
            TokenExpired: it was valid once.
            TokenInvalid: anything else is wrong with it.
        """
        header, claims = _parts(token)
        if header.get("alg") != self._settings.algorithm or not header.keys() <= _HEADER_FIELDS:
            raise TokenInvalid
        if str(header.get("typ")).lower() != TOKEN_TYPE:
            raise TokenInvalid
        key = self._keys.get(header["kid"]) if isinstance(header.get("kid"), str) else None
        if key is None:
            raise TokenInvalid
        try:
            jwt.decode(token, key, algorithms=[self._settings.algorithm])
        except (JoseError, ValueError, TypeError) as error:
            raise TokenInvalid from error
        self._check_claims(claims)
        return _principal(claims)

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        now, leeway = self._clock(), self._settings.leeway_seconds
        expires = _instant(claims.get("exp"))
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if expires is None or claims.get("iss") != self._settings.issuer or self._settings.audience not in audiences:
            raise TokenInvalid
        for name in ("nbf", "iat"):
            if name in claims and ((instant := _instant(claims[name])) is None or instant > now + leeway):
                raise TokenInvalid
        if now >= expires + leeway:
            raise TokenExpired


def _key(secret: Secret) -> OctKey:
    value = secret.reveal()
    if value.lstrip().startswith(("-----BEGIN", "{", "ssh-")):
        raise SecretUnfit("looks like a public key or a JWK")
    if len(value.encode()) < MINIMUM_SECRET_BYTES:
        raise SecretUnfit(f"has fewer than {MINIMUM_SECRET_BYTES} bytes")
    return OctKey.import_key(value)


def _key_id(secret: Secret) -> str:
    return hashlib.sha256(b"glueful-auth key id" + secret.reveal().encode()).hexdigest()[:16]


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that has one spelling: three parts, canonical base64url, no key twice."""
    if len(token) > MAXIMUM_TOKEN_BYTES or not _THREE_PARTS.fullmatch(token):
        raise TokenInvalid
    header, claims, signature = token.split(".")
    _decoded(signature)
    return _json_object(_decoded(header)), _json_object(_decoded(claims))


def _decoded(part: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise TokenInvalid
    return raw


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise TokenInvalid from error
    if not isinstance(value, dict):
        raise TokenInvalid
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _instant(value: object) -> float | None:
    """A NumericDate (RFC 7519 section 2), or None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, scope, roles = claims.get("sub"), claims.get("scope", ""), claims.get("roles", [])
    tier, kind = claims.get("tier"), claims.get("kind", PrincipalKind.USER)
    is_sound = (
        isinstance(subject, str)
        and subject
        and isinstance(scope, str)
        and isinstance(roles, list)
        and all(isinstance(role, str) for role in roles)
        and isinstance(tier, str | None)
        and kind in set(PrincipalKind)
    )
    if not is_sound:
        raise TokenInvalid
    return Principal(
        id=str(subject),
        kind=PrincipalKind(kind),
        scopes=frozenset(scope.split()),
        roles=frozenset(roles),
        tier=tier,
        claims={name: value for name, value in claims.items() if name not in _OWN_CLAIMS},
    )
