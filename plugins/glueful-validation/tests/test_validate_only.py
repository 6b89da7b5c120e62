"""Requests that ask to be validated and nothing else."""

from typing import Annotated, Any

import msgspec
import pytest
from glueful_validation import FormRequest, Min, ValidationSettings
from litestar import delete, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

called: list[Any] = []


class Order(msgspec.Struct):
    amount: Annotated[int, Min(1)]


class Booking(FormRequest):
    amount: int


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if "authorization" not in connection.headers:
        raise NotAuthorizedException


@post("/orders", guards=[signed_in])
async def order(data: JSONBody[Order], dry: FromQuery[bool] = False) -> dict[str, int]:
    called.append(data)
    return {"amount": data.amount}


@post("/bookings")
async def book(data: JSONBody[Booking]) -> None:
    called.append(data)


@get("/orders")
async def orders(page: FromQuery[int] = 1) -> int:
    return page


@delete("/orders/{number:int}")
async def cancel(number: FromPath[int]) -> None:
    called.append(f"/orders/{number}")


@delete("/orders")
async def cancel_all() -> None:
    called.append("/orders")


@pytest.fixture
def client(make_client: Any) -> Any:
    called.clear()
    client = make_client([order, book, orders, cancel, cancel_all])
    client.headers["authorization"] = "x"
    return client


@pytest.mark.parametrize("prefer", ["validate-only", "respond-async, Validate-Only", "validate-only; foo=bar"])
@pytest.mark.parametrize("path", ["/orders", "/bookings"])
def test_a_good_request_is_answered_without_the_handler(client: Any, prefer: str, path: str) -> None:
    response = client.post(path, json={"amount": 1}, headers={"prefer": prefer})

    assert (response.status_code, response.content, called) == (204, b"", [])
    assert (response.headers["preference-applied"], response.headers["vary"]) == ("validate-only", "Prefer")


def test_a_bad_request_is_answered_as_always(client: Any) -> None:
    response = client.post("/orders?dry=x", json={"amount": 0}, headers={"prefer": "validate-only"})

    assert (response.status_code, len(response.json()["extra"])) == (422, 2)


def test_guards_come_first(client: Any) -> None:
    del client.headers["authorization"]

    assert client.post("/orders", json={"amount": 1}, headers={"prefer": "validate-only"}).status_code == 401


@pytest.mark.parametrize("prefer", ["return=minimal", "validate-only-please", "x=validate-only", "a" * 2_000])
def test_other_preferences_are_not_ours(client: Any, prefer: str) -> None:
    assert client.post("/orders", json={"amount": 1}, headers={"prefer": prefer}).status_code == 201
    assert len(called) == 1


def test_an_operation_that_changes_nothing_is_not_stopped(client: Any) -> None:
    assert client.get("/orders?page=2", headers={"prefer": "validate-only"}).json() == 2


@pytest.mark.parametrize("path", ["/orders/1", "/orders"])
def test_an_operation_without_a_body_is_stopped_if_it_changes_something(client: Any, path: str) -> None:
    response = client.delete(path, headers={"prefer": "validate-only"})

    assert (response.status_code, called) == (204, [])
    assert response.headers["preference-applied"] == "validate-only"
    assert client.delete(path).status_code == 204
    assert called == [path]


def test_it_can_be_turned_off(make_client: Any) -> None:
    client = make_client(book, ValidationSettings(validate_only=False))

    assert client.post("/bookings", json={"amount": 1}, headers={"prefer": "validate-only"}).status_code == 201


def test_who_may_not_send_it_is_told_so(make_client: Any) -> None:
    class Forbidden(FormRequest):
        amount: int

        @classmethod
        def authorize(cls, principal: Any) -> bool:
            return False

    @post("/")
    async def handle(data: JSONBody[Forbidden]) -> None:
        called.append(data)

    called.clear()
    response = make_client(handle).post("/", json={"amount": 1}, headers={"prefer": "validate-only"})

    assert (response.status_code, called) == (403, [])
