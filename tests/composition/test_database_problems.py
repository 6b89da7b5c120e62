"""What a database refuses, answered by glueful-errors: the right status, and no value of anybody's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import Secret
from glueful_kernel import create_app
from glueful_orm import Engine, Model
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from litestar import get, post
from litestar.params import FromPath, JSONBody
from piccolo.columns import ForeignKey, Varchar


class Sculptor(Model):
    name = Varchar(length=40, unique=True)


class Sculpture(Model):
    sculptor_id = ForeignKey(Sculptor, null=False, default=None)


@get("/sculptors/{key:int}")
async def sculptor(key: FromPath[int]) -> Sculptor:
    return await Sculptor.find_or_fail(key)


@post("/sculptors")
async def create(data: JSONBody[dict[str, Any]]) -> Sculptor:
    return await Sculptor.create(**data)


@post("/sculptures/{key:int}")
async def carve(key: FromPath[int]) -> Sculpture:
    return await Sculpture.create(sculptor_id=key)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """An application on an empty database with the two tables, and one sculptor."""
    plugins = [OrmPlugin(OrmSettings(url=Secret(url), readers=1, pool_size=2)), ErrorsPlugin()]
    app = create_app([sculptor, create, carve], plugins=plugins, settings={}, only=["orm", "errors"])
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for model in (Sculptor, Sculpture):
            for statement in model.create_table().ddl:
                await engine.execute(statement)
        await client.post("/sculptors", json={"name": "Canary"})
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/sculptors/99", None, 404, "model.not_found"),
        ("POST", "/sculptors", {"name": "Canary"}, 409, "database.unique_violation"),
        ("POST", "/sculptors", {"name": None}, 422, "database.not_null_violation"),
        ("POST", "/sculptors", {"title": "Canary"}, 422, "model.mass_assignment"),
        ("POST", "/sculptures/99", None, 409, "database.foreign_key_violation"),
        ("POST", "/sculptures/9223372036854775808", None, 422, "database.invalid_data"),
    ],
)
async def test_what_the_database_refuses_is_a_problem_that_names_no_value(
    url: str, method: str, path: str, body: dict[str, Any] | None, status: int, code: str
) -> None:
    async with serving(url) as client:
        response = await client.request(method, path, json=body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert "Canary" not in response.text
    if code == "database.unique_violation":
        assert [error["pointer"] for error in response.json()["errors"]] == ["/name"]


async def test_the_database_still_answers_after_what_it_refused(url: str) -> None:
    async with serving(url) as client:
        for name in ("\0", "x" * 100, None, 2**70, [], {}):
            assert (await client.post("/sculptors", json={"name": name})).status_code in (201, 422)

        assert (await client.get("/sculptors/1")).json() == {"id": 1, "name": "Canary"}
