"""Conduit over HTTP, on both databases."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_orm import Migrator
from litestar import Litestar
from litestar.testing import TestClient


def settings_for(url: str) -> dict[str, dict[str, Any]]:
    return {
        "kernel": {"environment": "test"},
        "orm": {"url": Secret(url)},
        "auth": {"secret": Secret("s" * 32), "schemes": ["Token", "Bearer"]},
    }


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'conduit.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def app(url: str, monkeypatch: pytest.MonkeyPatch) -> Litestar:
    monkeypatch.setenv("GLUEFUL_AUTH__SECRET", "s" * 32)
    from conduit.app import make_app

    return make_app(settings_for(url))


@pytest.fixture
def client(app: Litestar, url: str) -> Iterator[TestClient[Litestar]]:
    asyncio.run(migrate(app, url))
    with TestClient(app, base_url="http://testserver.local/api") as client:
        yield client


async def migrate(app: Litestar, url: str) -> None:
    from conduit.plugin import ConduitPlugin
    from glueful_orm import OrmSettings
    from glueful_orm.engines import engine_from_url

    engine = engine_from_url(url)
    await engine.open()
    try:
        source = ConduitPlugin().glueful_migrations()
        await Migrator(engine, [source], OrmSettings(), is_production=False).migrate()
    finally:
        await engine.close()


class Person:
    """Somebody who uses the API.

    Args:
        client: of the application.
        name: user name.
    """

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name
        self.account = {"username": name, "email": f"{name}@example.org", "password": "correct horse"}
        response = client.post("/users", json={"user": self.account})
        assert response.status_code == 201, response.text
        self.headers = {"authorization": f"Token {response.json()['user']['token']}"}

    def __getattr__(self, method: str) -> Any:
        def send(path: str, **options: Any) -> Any:
            return getattr(self.client, method)(path, headers=self.headers, **options)

        return send

    def write(self, title: str, **more: Any) -> dict[str, Any]:
        article = {"title": title, "description": f"About {title}", "body": "Text.", **more}
        response = self.post("/articles", json={"article": article})
        assert response.status_code == 201, response.text
        written: dict[str, Any] = response.json()["article"]
        return written


@pytest.fixture
def ann(client: Any) -> Person:
    return Person(client, "ann")


@pytest.fixture
def bob(client: Any) -> Person:
    return Person(client, "bob")
