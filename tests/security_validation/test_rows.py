"""The rows on validation of the security map, each a test named by its row, through a served application."""

# ruff: noqa: RUF001  look-alikes are what is tested

import asyncio
import datetime as dt
import time
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import pytest
import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import Secret
from glueful_kernel import create_app
from glueful_orm import Engine, Model
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from glueful_validation import (
    Email,
    Ip,
    Lowercase,
    Normalized,
    PasswordStrength,
    Regex,
    Trim,
    Unique,
    Url,
    Username,
    Uuid,
    validated,
)
from glueful_validation.plugin import ValidationPlugin
from litestar import Litestar, get, patch, post
from litestar.params import FromQuery, JSONBody
from litestar.testing import TestClient
from piccolo.columns import Varchar


class Weaver(Model):
    name = Varchar(length=60, unique=True)
    handle = Varchar(length=30, unique=True)


class Shapes(msgspec.Struct):
    email: Annotated[str, Email()] = "a@b.co"
    url: Annotated[str, Url()] = "http://b.co"
    ip: Annotated[str, Ip()] = "::1"
    uuid: Annotated[str, Uuid()] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    date: dt.date = dt.date(2026, 1, 1)
    number: int = 0
    hostile: Annotated[str, Regex("(a+)+$")] = "a"
    password: Annotated[str, PasswordStrength()] = "vGz7!qpLw0z"
    anything: Any = None


class NewWeaver(msgspec.Struct):
    name: Annotated[str, Normalized("NFKC"), Trim(), Lowercase(), Unique(Weaver.name)]
    handle: Annotated[str, Username(), Unique(Weaver.handle)]


class Handle(msgspec.Struct):
    handle: Annotated[str, Username()]


class Tree(msgspec.Struct):
    value: int = 0
    children: list["Tree"] = []
    anything: Any = None


class Change(msgspec.Struct):
    name: str | msgspec.UnsetType = msgspec.UNSET
    bio: str | msgspec.UnsetType | None = msgspec.UNSET


class Closed(Change, forbid_unknown_fields=True):
    pass


@post("/shapes")
async def shapes(data: JSONBody[Shapes]) -> int:
    return data.number


@post("/many")
async def many(data: JSONBody[list[Shapes]]) -> int:
    return len(data)


@post("/trees")
async def trees(data: JSONBody[Tree]) -> None: ...


@get("/pages")
async def pages(limit: FromQuery[int] = 1) -> int:
    return limit


@patch("/open")
async def change_open(data: JSONBody[Change]) -> dict[str, Any]:
    return validated(data)


@patch("/closed")
async def change_closed(data: JSONBody[Closed]) -> dict[str, Any]:
    return validated(data)


@post("/handles")
async def rename(data: JSONBody[Handle]) -> None: ...


@post("/weavers")
async def weave(data: JSONBody[NewWeaver]) -> str:
    weaver = await Weaver.create(name=data.name, handle=data.handle)
    return str(weaver.name)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


JSON = {"content-type": "application/json"}


def told(response: httpx.Response) -> tuple[int, Any]:
    """The status, and what the handler returned or the place and code of each error."""
    if response.status_code < 400:
        return response.status_code, response.json() if response.content else None
    assert response.headers["content-type"] == "application/problem+json"
    listed = response.json().get("errors", [])
    return response.status_code, [(error.get("pointer", error.get("name")), error["code"]) for error in listed]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    handlers = [shapes, many, trees, pages, change_open, change_closed, rename]
    plugins = [ValidationPlugin(), ErrorsPlugin()]
    with TestClient(create_app(handlers, plugins=plugins, settings={}, only=["errors", "validation"])) as client:
        yield client


def send(client: TestClient[Litestar], path: str, body: Any, method: str = "POST") -> tuple[int, Any]:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return told(client.request(method, path, content=content, headers=JSON))


@asynccontextmanager
async def weaving(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """An application with a table in a real database."""
    plugins = [OrmPlugin(OrmSettings(url=Secret(url))), ValidationPlugin(), ErrorsPlugin()]
    app = create_app([weave], plugins=plugins, settings={}, only=["orm", "errors", "validation"])
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for statement in Weaver.create_table().ddl:
            await engine.execute(statement)
        yield client


def test_regex_rule_with_nested_repetition(client: TestClient[Litestar]) -> None:
    seconds = []
    for _ in range(5):
        started = time.process_time()
        assert send(client, "/shapes", {"hostile": "a" * 50 + "!"}) == (422, [("/hostile", "regex")])
        seconds.append(time.process_time() - started)

    assert min(seconds) < 0.05


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, "a" * 900_000) for field in ("email", "url", "ip", "uuid", "date")),
        ("email", "а@b.co"),
        ("email", "a@bücher.example"),
        ("email", "a@b\nBcc: x@y.co"),
        ("email", "a@b.co\n"),
        ("email", "a@b.c０"),
        ("url", "http://bücher.example"),
        ("url", "http://аpple.example"),
        ("url", "http://b.co/\r\nx"),
        ("ip", "１.2.3.4"),
        ("ip", "127.0.0.1\n"),
        ("uuid", "０17f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        ("date", "２026-01-01"),
        ("date", "2026-01-01\n"),
        ("number", "１"),
    ],
)
def test_rules_for_text_with_a_megabyte_look_alikes_and_full_width_digits(
    client: TestClient[Litestar], field: str, value: str
) -> None:
    started = time.process_time()

    status, errors = send(client, "/shapes", {field: value})

    assert (status, {pointer for pointer, _ in errors}) == (422, {f"/{field}"})
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("text", ["１", "%EF%BC%91", "٣"])
def test_full_width_and_arabic_digits_in_a_query(client: TestClient[Litestar], text: str) -> None:
    assert (client.get(f"/pages?limit={text}")).status_code == 422


async def test_normalisation_one_account_for_all_forms_of_a_name(url: str) -> None:
    async with weaving(url) as client:
        first = await client.post("/weavers", json={"name": "Ångström ﬁ", "handle": "first"})
        assert (first.status_code, first.text) == (201, "ångström fi")

        same = ["ÅNGSTRÖM FI", unicodedata.normalize("NFD", "ångström fi"), "Ａ\u030angström ﬁ", " ångström fi "]
        for number, name in enumerate(same):
            answer = await client.post("/weavers", json={"name": name, "handle": f"other{number}"})
            assert told(answer) == (422, [("/name", "unique")])


@pytest.mark.parametrize("handle", ["fi\u200brst", "fi\u202erst", "F\u0130RST", "fırst", "fіrst", "ﬁrst", "FIRST"])
def test_normalisation_invisible_and_confusable_letters_in_a_user_name(
    client: TestClient[Litestar], handle: str
) -> None:
    assert send(client, "/handles", {"handle": handle}) == (422, [("/handle", "username")])


def test_a_hundred_thousand_errors_in_one_body(client: TestClient[Litestar]) -> None:
    response = client.post("/many", content=b"[" + b'"hunter2",' * 99_000 + b"1]", headers=JSON)

    assert (response.status_code, len(response.json()["errors"])) == (422, 100)
    assert "more than 100 errors" in response.json()["detail"]
    assert len(response.content) < 20_000


@pytest.mark.parametrize(
    "body", [{"password": "hunter2"}, {"number": "hunter2"}, {"email": "hunter2"}, {"date": ["hunter2"]}, "hunter2"]
)
def test_error_text_never_contains_the_input(client: TestClient[Litestar], body: Any) -> None:
    response = client.post("/shapes", json=body)

    assert response.status_code == 422
    assert "hunter2" not in response.text


@pytest.mark.parametrize("member", ["children", "anything", "ignored"])
def test_depth_of_a_thousand_in_the_second_pass_in_any_and_in_an_ignored_field(
    client: TestClient[Litestar], member: str
) -> None:
    inner = b'{"value":"x"}'
    for _ in range(1_000):
        inner = b'{"value":"x","children":[' + inner + b"]}"
    inner = b"[" + inner + b"]"
    body = b'{"value":"x","%b":%b}' % (member.encode(), inner)

    response = client.post("/trees", content=body, headers=JSON)

    assert (response.status_code, response.json()["code"]) == (400, "body.too_deep")


def test_a_megabyte_nested_to_the_limit_takes_no_longer_than_a_flat_one(client: TestClient[Litestar]) -> None:
    inner = b",".join([b'{"value":1}'] * 70_000 + [b'{"value":"x"}'])
    for _ in range(30):
        inner = b'{"children":[' + inner + b"]}"
    started = time.process_time()

    status, errors = send(client, "/trees", inner)

    assert (status, errors) == (422, [("/children/0" * 29 + "/children/70000/value", "integer")])
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ['"1"', "1.0", "true", "1e2", "-0.0", "null", "9223372036854775808"])
def test_strings_and_fractions_for_numbers_in_json(client: TestClient[Litestar], text: str) -> None:
    status, errors = send(client, "/shapes", f'{{"number":{text}}}'.encode())

    assert (status, errors[0][0]) == (422, "/number")


@pytest.mark.parametrize(("text", "number"), [("-0", 0), (str(2**53 + 1), 2**53 + 1), (str(2**63 - 1), 2**63 - 1)])
def test_integers_are_exact(client: TestClient[Litestar], text: str, number: int) -> None:
    assert send(client, "/shapes", f'{{"number":{text}}}'.encode()) == (201, number)


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1&limit=1", "limit=1e2", "limit=1.0", "limit=true"])
def test_strings_for_numbers_and_repeated_scalars_in_a_query(client: TestClient[Litestar], query: str) -> None:
    response = client.get(f"/pages?{query}")

    assert (response.status_code, response.json()["errors"][0]["name"]) == (422, "limit")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"number":1,"number":2}', (201, 2)),
        (b'{"number":"x","number":2}', (422, [("/number", "invalid")])),
        (b'{"number":2,"number":"x"}', (422, [("/number", "integer")])),
    ],
)
def test_of_duplicate_names_the_last_wins_in_both_passes_and_each_must_be_good(
    client: TestClient[Litestar], body: bytes, answer: Any
) -> None:
    assert send(client, "/shapes", body) == answer


def test_patch_absent_and_null(client: TestClient[Litestar]) -> None:
    assert send(client, "/open", {}, "PATCH") == (200, {})
    assert send(client, "/open", {"bio": None}, "PATCH") == (200, {"bio": None})
    assert send(client, "/open", {"name": None}, "PATCH") == (422, [("/name", "string")])


@pytest.mark.parametrize(
    "name", ["other", "__proto__", "constructor", "__class__", "__init__", "__struct_fields__", "is_admin"]
)
def test_unknown_fields_by_policy_and_names_that_mean_something_elsewhere(
    client: TestClient[Litestar], name: str
) -> None:
    body = {name: {"name": "x"}, "bio": "b"}

    assert send(client, "/open", body, "PATCH") == (200, {"bio": "b"})
    assert send(client, "/closed", body, "PATCH") == (422, [(f"/{name}", "unknown")])


async def test_unique_under_racing_inserts(url: str) -> None:
    async with weaving(url) as client:
        body = {"name": "a", "handle": "race"}
        answers = await asyncio.gather(*(client.post("/weavers", json=body) for _ in range(8)))

    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], set(statuses[1:]) <= {409, 422}) == (201, True)
