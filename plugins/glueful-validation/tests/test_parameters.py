"""Query, path, header and cookie parameters."""

import datetime as dt
import enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from glueful_validation import Between, Date, Email, MinLength, RuleMisused, Same
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import CookieParameter, FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.testing import TestClient


class Colour(enum.Enum):
    RED = "red"


@get("/search/{section:str}")
async def search(
    section: FromPath[Annotated[str, MinLength(3)]],
    page: FromQuery[Annotated[int, Between(1, 9)]] = 1,
    ratio: FromQuery[float | None] = None,
    exact: FromQuery[bool] = False,
    since: FromQuery[dt.date | None] = None,
    moment: FromQuery[dt.datetime | None] = None,
    colour: FromQuery[Colour | None] = None,
    ids: FromQuery[list[int] | None] = None,
    owner: FromQuery[UUID | None] = None,
    q: FromQuery[str | None] = None,
    tenant: Annotated[str | None, HeaderParameter(name="X-Tenant")] = None,
    theme: Annotated[int | None, CookieParameter(name="theme")] = None,
    size: Annotated[int, QueryParameter(name="page[size]", le=100)] = 10,
) -> dict[str, Any]:
    return {name: value for name, value in locals().items() if value is not None}


@pytest.fixture
def client(make_client: Any) -> TestClient[Litestar]:
    client: TestClient[Litestar] = make_client(search)
    return client


def errors(response: Any) -> list[tuple[str, str, str]]:
    assert response.status_code == 422
    return [(error["location"], error["name"], error["code"]) for error in response.json()["extra"]]


def test_good_parameters_are_converted(client: TestClient[Litestar]) -> None:
    client.cookies.set("theme", "3")
    response = client.get(
        "/search/books?page=2&ratio=-1.5&exact=true&since=2026-01-31&colour=red&ids=1&ids=-2&page[size]=100"
        "&owner=00000000-0000-0000-0000-000000000001&q=&moment=2026-01-31T10:00:00Z&unknown=1",
        headers={"X-Tenant": "acme"},
    )

    assert response.json() == {
        "section": "books", "page": 2, "ratio": -1.5, "exact": True, "since": "2026-01-31", "colour": "red",
        "ids": [1, -2], "owner": "00000000-0000-0000-0000-000000000001", "q": "", "tenant": "acme", "theme": 3,
        "size": 100, "moment": "2026-01-31T10:00:00Z",
    }  # fmt: skip


def test_defaults_stand_for_what_was_not_sent(client: TestClient[Litestar]) -> None:
    assert client.get("/search/books").json() == {"section": "books", "page": 1, "exact": False, "size": 10}


def test_every_wrong_parameter_is_named(client: TestClient[Litestar]) -> None:
    client.cookies.set("theme", "dark")
    response = client.get(
        "/search/ab?page=10&ratio=x&exact=maybe&since=31.1.2026&colour=blue&ids=1&ids=x&owner=me&page[size]=101"
    )

    assert sorted(errors(response)) == [
        ("cookie", "theme", "integer"),
        ("path", "section", "min_length"),
        ("query", "colour", "in"),
        ("query", "exact", "boolean"),
        ("query", "ids", "integer"),
        ("query", "owner", "uuid"),
        ("query", "page", "between"),
        ("query", "page[size]", "max"),
        ("query", "ratio", "number"),
        ("query", "since", "date"),
    ]
    (item,) = [error for error in response.json()["extra"] if error["name"] == "ids"]
    assert item["params"] == {"index": 1}


@pytest.mark.parametrize("text", ["1e3", "1.0", "007", "+1", "%201", "1_0", "%EF%BC%91", "--1", "", "1%00", "0x1"])
def test_what_is_no_integer_in_a_url(client: TestClient[Litestar], text: str) -> None:
    assert errors(client.get(f"/search/books?page={text}")) == [("query", "page", "integer")]


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "1_0", "%EF%BC%91"])
def test_what_is_no_number_in_a_url(client: TestClient[Litestar], text: str) -> None:
    assert errors(client.get(f"/search/books?ratio={text}")) == [("query", "ratio", "number")]


@pytest.mark.parametrize("text", ["0", "1769846400", "2026-01-31", "12:00"])
def test_what_is_no_moment_in_a_url(client: TestClient[Litestar], text: str) -> None:
    assert errors(client.get(f"/search/books?moment={text}")) == [("query", "moment", "date_time")]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64])
def test_integers_beyond_64_bits(client: TestClient[Litestar], number: int) -> None:
    assert errors(client.get(f"/search/books?ids={number}")) == [("query", "ids", "int64")]


@pytest.mark.parametrize("text", ["1e3", "1.0", "007"])
def test_what_is_no_integer_in_a_list(client: TestClient[Litestar], text: str) -> None:
    assert errors(client.get(f"/search/books?ids=1&ids={text}")) == [("query", "ids", "integer")]


def test_integers_of_64_bits(client: TestClient[Litestar]) -> None:
    response = client.get(f"/search/books?ids={2**63 - 1}&ids={-(2**63)}")

    assert response.json()["ids"] == [2**63 - 1, -(2**63)]


@pytest.mark.parametrize("query", ["page=1&page=2", "page=1&page=1", "q=a&q=b"])
def test_a_scalar_that_is_given_twice(client: TestClient[Litestar], query: str) -> None:
    assert errors(client.get(f"/search/books?{query}")) == [("query", query[: query.index("=")], "duplicate")]


async def test_a_header_that_is_given_twice(client: TestClient[Litestar]) -> None:
    """By ASGI itself: the client would join the two."""
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "GET", "path": "/search/books", "raw_path": b"/search/books", "query_string": b"",
        "headers": [(b"x-tenant", b"a"), (b"x-tenant", b"b")], "root_path": "", "http_version": "1.1", "scheme": "http",
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    app: Any = client.app
    await app(scope, receive, send)

    assert sent[0]["status"] == 422
    assert b'"name":"X-Tenant","code":"duplicate"' in sent[1]["body"]


def test_nul_in_a_parameter(client: TestClient[Litestar]) -> None:
    assert errors(client.get("/search/books?q=a%00b")) == [("query", "q", "nul")]


@pytest.mark.parametrize("query", ["q=%ff", "q=%c3", "q=%ed%a0%80", "%ff=1"])
def test_a_query_that_is_no_utf8(client: TestClient[Litestar], query: str) -> None:
    response = client.get(f"/search/books?{query}")

    assert (response.status_code, response.json()["detail"]) == (
        400,
        "The query string is malformed: it is not percent-encoded UTF-8.",
    )


def test_a_query_with_too_many_fields(client: TestClient[Litestar]) -> None:
    assert client.get("/search/books?" + "a&" * 1_001).status_code == 400


def test_parameters_of_dependencies_are_validated_with_the_others(make_client: Any) -> None:
    async def page(limit: FromQuery[Annotated[int, Between(1, 100)]], offset: FromQuery[int] = 0) -> tuple[int, int]:
        return limit, offset

    @get("/items", dependencies={"page": Provide(page)})
    async def items(page: NamedDependency[tuple[int, int]], q: FromQuery[str]) -> list[int]:
        return list(page)

    client = make_client(items)

    assert client.get("/items?limit=5&offset=3&q=").json() == [5, 3]
    assert errors(client.get("/items?limit=0")) == [("query", "limit", "between"), ("query", "q", "required")]


class Order(msgspec.Struct):
    amount: int


def test_body_query_path_headers_and_cookies_stand_in_one_answer_each_by_its_place(make_client: Any) -> None:
    @post("/shops/{shop:str}/orders")
    async def order(
        shop: FromPath[Annotated[str, MinLength(3)]],
        data: JSONBody[Order],
        page: FromQuery[int] = 1,
        tenant: Annotated[str, HeaderParameter(name="X-Tenant", min_length=3)] = "",
        theme: Annotated[int, CookieParameter(name="theme")] = 0,
    ) -> None: ...

    client = make_client(order)
    client.cookies.set("theme", "dark")
    response = client.post("/shops/a/orders?page=x", json={"amount": "x"}, headers={"X-Tenant": "b"})

    assert response.status_code == 422
    assert sorted(response.json()["extra"], key=lambda error: error.get("location", "")) == [
        {"pointer": "/amount", "code": "integer", "message": "must be an integer", "params": {}},
        {"location": "cookie", "name": "theme", "code": "integer", "message": "must be an integer", "params": {}},
        {
            "location": "header", "name": "X-Tenant", "code": "min_length",
            "message": "must have at least 3 characters", "params": {"min": 3},
        },
        {
            "location": "path", "name": "shop", "code": "min_length", "message": "must have at least 3 characters",
            "params": {"min": 3},
        },
        {"location": "query", "name": "page", "code": "integer", "message": "must be an integer", "params": {}},
    ]  # fmt: skip


def test_rules_of_parameters_may_look_at_one_another(make_client: Any) -> None:
    @get("/days")
    async def days(
        start: FromQuery[dt.date],
        end: FromQuery[Annotated[dt.date, Date(after="start")]],
        contact: FromQuery[Annotated[str, Email()]] = "a@b.co",
    ) -> str:
        return str(end - start)

    client = make_client(days)

    assert client.get("/days?start=2026-01-01&end=2026-01-02").text == "1 day, 0:00:00"
    response = client.get("/days?start=2026-01-02&end=2026-01-02&contact=x")
    assert errors(response) == [("query", "contact", "email"), ("query", "end", "after")]
    assert errors(client.get("/days?start=x&end=2026-01-02")) == [("query", "start", "date")]


def test_a_rule_about_a_parameter_that_does_not_exist_stops_the_start(make_client: Any) -> None:
    @get("/same")
    async def same(a: FromQuery[Annotated[str, Same("b")]]) -> None: ...

    with pytest.raises(RuleMisused, match="looks at b, which is not declared beside it"):
        make_client(same)
