"""What Litestar itself raises: said again without what was sent."""

import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from glueful_errors.framework import safe_message
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar, Request, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, MultipartBody
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]
CANARY = "hunter2"


class Colour(Enum):
    RED = "red"


class Line(msgspec.Struct, forbid_unknown_fields=True):
    amount: int


class Order(msgspec.Struct):
    id: UUID | None = None
    colour: Colour | None = None
    at: datetime | None = None
    lines: list[Line] = []
    prices: dict[str, int] = {}


@post("/orders")
async def create(data: JSONBody[Order], limit: FromQuery[int] = 10) -> None: ...


@get("/orders/{number:int}")
async def find(number: FromPath[int], since: FromQuery[int]) -> None: ...


@get("/keyed")
async def keyed(key: Annotated[int, HeaderParameter(name="X-Key")]) -> None: ...


@post("/form")
async def form(data: MultipartBody[dict[str, UploadFile]]) -> None: ...


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        ({"id": CANARY}, "/id", "Invalid UUID."),
        ({"colour": CANARY}, "/colour", "Invalid enum value."),
        ({"at": CANARY}, "/at", "Invalid RFC3339 encoded datetime."),
        ({"lines": [{"amount": CANARY}]}, "/lines", "Expected `int`, got `str`."),
        ({"lines": [{}]}, "/lines", "Object missing required field `amount`."),
        ({"prices": {CANARY: "x"}}, "/prices", "Expected `int`, got `str`."),
        ({"lines": [{"amount": 1, CANARY: 1}]}, "/lines", "The value is not valid."),
        ([CANARY], "", "Expected `object`, got `array`."),
    ],
)
def test_a_body_of_the_wrong_types_is_named_by_pointer_and_not_repeated(
    client: Connect, body: Any, pointer: str, message: str
) -> None:
    response = client(create).post("/orders", json=body)

    assert response.status_code == 400
    assert response.json()["code"] == "request.invalid"
    assert response.json()["errors"][0]["message"] == message
    assert response.json()["errors"][0]["pointer"].startswith(pointer)
    assert CANARY not in response.text


@pytest.mark.parametrize(
    ("path", "headers", "location", "name"),
    [
        (f"/orders/7?since={CANARY}", {}, "query", "since"),
        ("/keyed", {"X-Key": CANARY}, "header", "key"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_named_and_not_repeated(
    client: Connect, path: str, headers: dict[str, str], location: str, name: str
) -> None:
    response = client(find, keyed).get(path, headers=headers)

    assert response.status_code == 400
    assert response.json()["errors"] == [
        {"code": "invalid", "message": "Expected `int`, got `str`.", "location": location, "name": name}
    ]
    assert CANARY not in response.text


def test_a_missing_parameter_does_not_repeat_the_others(client: Connect) -> None:
    response = client(find).get(f"/orders/7?token={CANARY}")

    assert response.status_code == 400
    assert response.json()["code"] == "request.invalid"
    assert CANARY not in response.text


def test_a_path_parameter_of_the_wrong_type_is_not_found(client: Connect) -> None:
    assert client(find).get("/orders/seven?since=1").json()["code"] == "http.not_found"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "Input data was truncated."),
        (b'{"a": 1} x', "JSON is malformed: trailing characters (byte 10)."),
        (b"{a: 1}", "JSON is malformed: object keys must be strings (byte 1)."),
    ],
)
def test_malformed_json_is_answered_with_the_place(client: Connect, body: bytes, detail: str) -> None:
    response = client(create).post("/orders", content=body, headers={"content-type": "application/json"})

    assert response.status_code == 400
    assert response.json()["code"] == "request.malformed"
    assert response.json()["detail"] == detail


def test_a_body_that_is_too_large_is_413(client: Connect) -> None:
    response = client(create, request_max_body_size=100).post("/orders", json={"prices": {"a" * 200: 1}})

    assert (response.status_code, response.json()["code"]) == (413, "http.content_too_large")


def test_a_broken_form_is_a_bad_request(client: Connect) -> None:
    response = client(form).post(
        "/form", content=f"--x\r\n{CANARY}", headers={"content-type": "multipart/form-data; boundary=x"}
    )

    assert (response.status_code, response.json()["code"]) == (400, "http.bad_request")
    assert CANARY not in response.text


async def test_a_client_that_goes_away_during_its_body_is_not_our_fault(make_app: Any, log: list[Any]) -> None:
    app = make_app([create])
    sent: list[Any] = []
    headers = [(b"host", b"h"), (b"content-type", b"application/json"), (b"content-length", b"9")]
    scope: Any = {"type": "http", "method": "POST", "path": "/orders", "raw_path": b"/orders", "headers": headers}
    scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "client": None, "server": None}

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["code"] == "request.incomplete"
    assert log == []


def test_what_the_application_raises_with_litestars_classes_keeps_its_words(client: Connect) -> None:
    @get("/articles/{slug:str}")
    async def article(slug: FromPath[str]) -> None:
        raise NotFoundException("There is no such article.", extra={"hint": "Titles change."})

    response = client(article).get("/articles/a")

    assert response.json()["detail"] == "There is no such article."
    assert response.json()["hint"] == "Titles change."


def test_what_the_application_raises_as_validation_exception_has_pointers(client: Connect) -> None:
    @get("/")
    async def fail() -> None:
        raise ValidationException(extra=[{"message": f"Bad {CANARY}", "key": "a/b.c~d", "source": "body"}] * 200)

    response = client(fail).get("/")

    assert len(response.json()["errors"]) == 100
    assert response.json()["errors"][0]["pointer"] == "/a~1b/c~0d"
    assert CANARY not in response.text


def test_json_that_a_handler_reads_itself_is_no_server_error(client: Connect) -> None:
    @post("/raw")
    async def raw(request: Request[Any, Any, Any]) -> Any:
        try:
            return await request.json()
        except Exception as error:
            raise NotFoundException("read") from error

    assert client(raw).post("/raw", content=b"{").status_code == 404


@settings(max_examples=200)
@given(st.text(min_size=6, alphabet=st.characters(exclude_characters="`")), st.sampled_from(["enum value", "value"]))
def test_no_decoder_message_repeats_a_value(value: str, what: str) -> None:
    assert value not in safe_message(f"Invalid {what} {value!r}").removeprefix("Invalid enum value")
