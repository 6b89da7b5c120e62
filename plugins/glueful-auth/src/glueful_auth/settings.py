"""Settings of section ``[auth]``."""

from typing import Literal

import msgspec
from glueful_hookspecs import Secret


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Access tokens and passwords."""

    secret: Secret | None = None
    """Key of the access tokens, at least 32 bytes; required outside development, where each start makes a new one."""
    previous_secrets: tuple[Secret, ...] = ()
    """Keys that are still accepted, during a rotation; never used to sign."""
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    """The one algorithm that is signed with and accepted (RFC 8725 section 3.1)."""
    issuer: str = "glueful"
    """Claim ``iss``: written, and required to be equal."""
    audience: str = "glueful"
    """Claim ``aud``: written, and required to be among the token's."""
    access_token_seconds: int = 900
    """Life of an access token."""
    leeway_seconds: int = 0
    """Tolerance for the clocks of other machines, at ``exp`` and ``nbf``."""
    schemes: tuple[str, ...] = ("Bearer",)
    """Words before the token in ``Authorization``, in any case (RFC 9110 section 11.1)."""
    hashing_threads: int = 0
    """Passwords hashed at one time; 0 for one a processor."""
    hashing_queue: int = 100
    """Passwords that may wait; beyond it the answer is 503."""
