"""Hooks that glueful-auth calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glueful_hookspecs import hook

if TYPE_CHECKING:
    from .authenticators import Authenticator


@hook("contribution", since="0.1")
def glueful_authenticators() -> "Sequence[Authenticator]":
    """Add ways to say who is calling: API keys, sessions, another kind of token.

    When: once, before the first request of an application is identified.
    Order: plugins in dependency order. All are asked; two that accept one request are a refusal.
    Errors: stop the request, which is then refused.
    Returns: the authenticators.
    """
    return ()
