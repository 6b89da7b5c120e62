"""An application with glueful-auth, under a clock that the test moves."""

from collections.abc import Iterator
from typing import Any

import pytest
from glueful_auth import AccessTokens, AuthSettings, Passwords, authenticated, requires_scope
from glueful_auth.plugin import AuthPlugin
from glueful_hookspecs import Principal, Secret
from glueful_kernel import create_app, service
from litestar import Litestar, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.testing import TestClient

KEY = "k" * 32
SETTINGS = AuthSettings(secret=Secret(KEY))


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> AccessTokens:
    return AccessTokens(SETTINGS, clock)


@get("/public")
async def public(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"user": request.user.id if request.user else None}


@get("/me", guards=[authenticated])
async def me(request: Request[Principal, Any, Any]) -> dict[str, Any]:
    return {"user": request.user.id, "scopes": sorted(request.user.scopes)}


@get("/orders", guards=[requires_scope("orders:read")])
async def orders() -> list[int]:
    return [1]


@post("/login", dependencies={"passwords": service(Passwords), "tokens": service(AccessTokens)})
async def login(
    data: JSONBody[dict[str, str]], passwords: NamedDependency[Passwords], tokens: NamedDependency[AccessTokens]
) -> dict[str, str]:
    return {"token": tokens.issue(data["user"])} if passwords and tokens else {}


def make(settings: AuthSettings = SETTINGS, *plugins: object, **options: Any) -> Litestar:
    handlers = [public, me, orders, login]
    return create_app(handlers, plugins=[AuthPlugin(settings), *plugins], only=[], settings={}, **options)


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    with TestClient(make()) as client:
        yield client


@pytest.fixture
def bearer() -> Any:
    def bearer(**options: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {AccessTokens(SETTINGS).issue('7', **options)}"}

    return bearer


@pytest.fixture
def application() -> Any:
    return make
