"""Rules that ask the database, through glueful-orm on real databases, with the answers of glueful-errors."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import msgspec
import pytest
import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import GluefulError, Plugin, Secret, hookimpl
from glueful_kernel import create_app
from glueful_orm import Engine, Model
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from glueful_validation import (
    Between,
    Confirmed,
    DecimalBounds,
    Email,
    Errors,
    Exists,
    FormRequest,
    Length,
    NamedColumn,
    PasswordStrength,
    Slug,
    Trim,
    Unique,
    Url,
    ValidatedRequest,
    validate,
)
from glueful_validation.plugin import ValidationPlugin
from litestar import post, put
from litestar.params import FromPath, FromQuery, JSONBody
from piccolo.columns import Varchar


class Potter(Model):
    email = Varchar(length=80, unique=True)
    town = Varchar(length=40, default="")


class NewPotter(msgspec.Struct):
    email: Annotated[str, Email(), Unique(Potter.email)]
    mentor: Annotated[int, Exists(Potter.id)] | None = None
    town: Annotated[str, Trim()] = ""


class ChangedPotter(FormRequest):
    email: Annotated[str, Email()]

    def rules(self) -> Mapping[str, Any]:
        return {"email": Unique(Potter.email).ignore(self.route.key)}


@post("/potters")
async def create(data: JSONBody[list[NewPotter]]) -> int:
    for potter in data:
        await Potter.create(email=potter.email, town=potter.town)
    return len(data)


@put("/potters/{key:int}")
async def change(key: FromPath[int], data: JSONBody[ChangedPotter]) -> None:
    potter = await Potter.find_or_fail(key)
    await potter.update(**data.validated())


@post("/letters")
@validate({"to": "required|email|exists:potters,email", "from": "required|email|unique:potters,email"})
async def write(data: ValidatedRequest) -> list[str]:
    return sorted(data)


class Piece(msgspec.Struct):
    glaze: Literal["blue", "green"]
    price: Annotated[Decimal, DecimalBounds(0, places=2)]
    potter: Annotated[int, Exists(Potter.id)]


class Exhibition(FormRequest, forbid_unknown_fields=True):
    contact: Annotated[str, Email(), Unique(Potter.email)]
    title: Annotated[str, Length(3, 40)]
    opens_on: dt.date
    closes_on: dt.date
    pieces: list[Piece]
    visitors: Annotated[int, Between(1, 500)]
    password: Annotated[str, PasswordStrength(), Confirmed()]
    password_confirmation: str
    website: Annotated[str, Url()] | None = None
    room: Annotated[str, Slug()] = "main"
    curator: Annotated[int, Exists(Potter.id)] | None = None

    def after(self, errors: Errors) -> None:
        if self.closes_on < self.opens_on:
            errors.add("closes_on", "closes_before_it_opens", "must not be before {opens_on}", opens_on="opens_on")


@post("/exhibitions")
async def exhibit(data: JSONBody[Exhibition], draft: FromQuery[bool] = False) -> None: ...


class Statements(Plugin):
    """Counts what reaches the database."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    @hookimpl
    def glueful_query_executed(self, sql: str) -> None:
        self.seen.append(sql)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


class Pottery:
    """The served application and the statements that it has run."""

    def __init__(self, client: httpx.AsyncClient, statements: Statements) -> None:
        self.client = client
        self.statements = statements

    async def send(self, method: str, path: str, body: Any) -> tuple[int, list[tuple[str, str]]]:
        self.statements.seen.clear()
        response = await self.client.request(method, path, json=body)
        errors = response.json()["errors"] if response.status_code >= 400 else []
        return response.status_code, sorted(
            (error.get("pointer", error.get("name")), error["code"]) for error in errors
        )


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Pottery]:
    statements = Statements()
    plugins = [OrmPlugin(OrmSettings(url=Secret(url))), ValidationPlugin(), ErrorsPlugin(), statements]
    app = create_app(
        [create, change, write, exhibit], plugins=plugins, settings={}, only=["orm", "errors", "validation"]
    )
    application: Any = app
    transport = httpx.ASGITransport(application)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for statement in Potter.create_table().ddl:
            await engine.execute(statement)
        pottery = Pottery(client, statements)
        assert await pottery.send("POST", "/potters", [{"email": "ada@b.co"}, {"email": "bob@b.co"}]) == (201, [])
        yield pottery


async def test_a_list_is_looked_up_by_one_statement_a_column(url: str) -> None:
    async with serving(url) as pottery:
        body = [{"email": f"{number}@b.co", "mentor": number} for number in range(1, 101)]

        status, errors = await pottery.send("POST", "/potters", [*body, {"email": "ada@b.co"}, {"email": "x"}])

        assert (status, len(errors), len(pottery.statements.seen)) == (422, 100, 2)
        assert {("/2/mentor", "exists"), ("/100/email", "unique"), ("/101/email", "email")} < set(errors)
        status, errors = await pottery.send("POST", "/potters", [*body[:2], {"email": "ada@b.co"}, {"email": "x"}])
        assert (status, errors) == (422, [("/2/email", "unique"), ("/3/email", "email")])


async def test_a_form_with_twelve_wrong_fields_has_one_answer_and_three_statements_at_most(url: str) -> None:
    wrong: dict[str, Any] = {
        "contact": "ada@b.co",
        "title": "x",
        "opens_on": "2026-05-02",
        "closes_on": "2026-05-01",
        "pieces": [
            {"glaze": "blue", "price": "10.50", "potter": 1},
            {"glaze": "red", "price": -1, "potter": 2},
            {"glaze": "green", "price": 5, "potter": 77},
        ],
        "visitors": "many",
        "password": "password1",
        "password_confirmation": "password1",
        "website": "b.co",
        "room": "Main Hall",
        "curator": 78,
        "vistors": 3,
    }
    good = {
        **wrong, "contact": "new@b.co", "title": "Bowls", "closes_on": "2026-05-03", "pieces": wrong["pieces"][:1],
        "visitors": 20, "password": "vGz7!qpLw0z", "password_confirmation": "vGz7!qpLw0z", "website": "https://b.co",
        "room": "main-hall", "curator": 1,
    }  # fmt: skip
    del good["vistors"]
    async with serving(url) as pottery:
        answer = await pottery.send("POST", "/exhibitions", wrong)

        assert answer == (
            422,
            [
                ("/closes_on", "closes_before_it_opens"),
                ("/contact", "unique"),
                ("/curator", "exists"),
                ("/password", "password_strength"),
                ("/pieces/1/glaze", "in"),
                ("/pieces/1/price", "min"),
                ("/pieces/2/potter", "exists"),
                ("/room", "slug"),
                ("/title", "length"),
                ("/visitors", "integer"),
                ("/vistors", "unknown"),
                ("/website", "url"),
            ],
        )
        assert len(pottery.statements.seen) <= 3
        assert (await pottery.send("POST", "/exhibitions?draft=perhaps", wrong))[1][-1] == ("draft", "boolean")
        assert await pottery.send("POST", "/exhibitions", good) == (201, [])


async def test_the_row_being_changed_does_not_count(url: str) -> None:
    async with serving(url) as pottery:
        assert await pottery.send("PUT", "/potters/1", {"email": "ada@b.co"}) == (200, [])
        assert await pottery.send("PUT", "/potters/2", {"email": "ada@b.co"}) == (422, [("/email", "unique")])


async def test_columns_by_name(url: str) -> None:
    async with serving(url) as pottery:
        assert await pottery.send("POST", "/letters", {"to": "ada@b.co", "from": "new@b.co"}) == (201, [])
        assert await pottery.send("POST", "/letters", {"to": "new@b.co", "from": "ada@b.co"}) == (
            422,
            [("/from", "unique"), ("/to", "exists")],
        )


async def test_of_racing_requests_the_constraint_lets_one_pass(url: str) -> None:
    async with serving(url) as pottery:
        answers = await asyncio.gather(
            *(pottery.client.post("/potters", json=[{"email": "race@b.co"}]) for _ in range(8))
        )

    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], set(statuses[1:]) <= {409, 422}) == (201, True)


def test_a_column_that_no_model_has_stops_the_start() -> None:
    @post("/")
    async def handler(data: JSONBody[list[Annotated[str, Unique(NamedColumn("potters", "nickname"))]]]) -> None: ...

    with pytest.raises(GluefulError, match=r"no active plugin can look up rows for Unique\(potters.nickname\)"):
        create_app([handler], plugins=[OrmPlugin(OrmSettings(url=Secret("sqlite:///x"))), ValidationPlugin()], only=[])
