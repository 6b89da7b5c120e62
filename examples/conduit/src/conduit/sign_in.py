"""Who is reading: the user behind the token."""

from typing import Any

from glueful_auth import AccessTokens, authenticated
from glueful_kernel import service
from litestar import Request
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException

from .models import User


async def provide_user(request: Request[Any, Any, Any]) -> User:
    """The signed-in user; refuses strangers, and users who are gone."""
    user = await User.find(int(request.user.id)) if request.user else None
    if user is None:
        raise NotAuthorizedException("Sign in.")
    return user


DEPENDENCIES = {"user": Provide(provide_user), "tokens": service(AccessTokens)}
SIGNED_IN: dict[str, Any] = {"guards": [authenticated], "security": [{"accessToken": []}]}
"""For routes that strangers may not use."""
