"""Every kind of type that a handler may declare, and bodies that are no JSON."""

# ruff: noqa: RUF001  look-alikes are what is tested

import dataclasses
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from glueful_validation import Email, MaxLength, Min, StartsWith
from litestar import post
from litestar.dto import DTOConfig, DTOData, MsgspecDTO
from litestar.params import Body, JSONBody, MsgPackBody
from msgspec import Meta


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return sorted((error["pointer"], error["code"]) for error in response.json()["extra"])


JSON_BODY: Any = JSONBody
T = TypeVar("T")
Rated = Annotated[int, Min(1)]


class Page(msgspec.Struct, Generic[T]):
    items: list[T]


@dataclasses.dataclass
class Point:
    x: Rated
    label: Annotated[str, StartsWith("p")] = "p"


@attrs.define
class Pair:
    left: Rated
    right: int = attrs.field(default=0)


class Options(TypedDict):
    size: Rated
    colour: NotRequired[Literal["red"]]


class Place(NamedTuple):
    x: int
    y: Rated = 1


class Cat(msgspec.Struct, tag="cat"):
    lives: Rated


class Dog(msgspec.Struct, tag="dog"):
    name: str


class Tree(msgspec.Struct):
    value: Annotated[int, Min(0)]
    children: list["Tree"] = []


class Row(msgspec.Struct, array_like=True):
    a: int
    b: str = ""


class Checked(msgspec.Struct):
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


CASES: list[tuple[Any, Any, Any, list[tuple[str, str]]]] = [
    (list[Cat], [{"lives": 1}], [{"lives": 0}, 1, {"type": "dog"}],
     [("/0/lives", "min"), ("/1", "object"), ("/2/lives", "required"), ("/2/type", "in")]),
    (dict[str, Rated], {"a": 1}, {"a": 0, "b": "x"}, [("/a", "min"), ("/b", "integer")]),
    (dict[int, str], {"1": "x"}, {"x": "x"}, [("/x", "key")]),
    (Point, {"x": 1}, {"x": 0, "label": "q"}, [("/label", "starts_with"), ("/x", "min")]),
    (Pair, {"left": 1}, {"left": 0, "right": "x"}, [("/left", "min"), ("/right", "integer")]),
    (Options, {"size": 1, "other": 2}, {"size": 0, "colour": "blue"}, [("/colour", "in"), ("/size", "min")]),
    (Place, [1, 2], ["x", 0], [("/0", "integer"), ("/1", "min")]),
    (Row, [1, "x", 3], ["x", 1], [("/0", "integer"), ("/1", "string")]),
    (Row, [1], [], [("", "min_length")]),
    (tuple[int, Rated], [1, 1], [1, 0], [("/1", "min")]),
    (tuple[int, ...], [1, 1], [1, "x"], [("/1", "integer")]),
    (Annotated[set[Rated], Meta(min_length=2)], [1, 2], [1, 1], [("", "min_length")]),
    (Annotated[list[int], MaxLength(2)], [1], [1, "x", 3], [("", "max_length"), ("/1", "integer")]),
    (Cat | Dog, {"type": "cat", "lives": 1}, {"type": "cat", "lives": 0}, [("/lives", "min")]),
    (Cat | Dog, {"type": "dog", "name": "x"}, {"type": "cow"}, [("/type", "in")]),
    (Cat | Dog, {"type": "dog", "name": "x"}, {"name": "x"}, [("/type", "required")]),
    (int | str | None, None, [], [("", "type")]),
    (list[Rated] | Rated, 1, [0], [("/0", "min")]),
    (Tree, {"value": 1, "children": [{"value": 0}]},
     {"value": -1, "children": [{"value": 1, "children": [{"value": -2}]}]},
     [("/children/0/children/0/value", "min"), ("/value", "min")]),
    (Page[Annotated[str, Email()]], {"items": ["a@b.co"]}, {"items": ["x"]}, [("/items/0", "email")]),
    (Checked, {"low": 1, "high": 2}, {"low": 2, "high": 1}, [("", "invalid")]),
    (list[Checked], [], [{"low": 2, "high": 1}, {"low": "x"}],
     [("/0", "invalid"), ("/1/high", "required"), ("/1/low", "integer")]),
    (Decimal, "1.50", "NaN", [("", "decimal")]),
    (list[Decimal], [1.5, 2, "3e5"], ["1e999999999", "x"], [("/0", "decimal"), ("/1", "decimal")]),
    (list[Decimal], ["-0.5"], ["1_0", "0_", " 1", "１", "+1", ".5", "5.", "Infinity"],
     [(f"/{index}", "decimal") for index in range(8)]),
    (list[Any], ["1_0", "１", " 1"], ["a\x00"], [("/0", "nul")]),
    (bytes, "aGk=", "!", [("", "base64")]),
    (Any, {"a": [1]}, [2**64], [("/0", "int64")]),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "good", "bad", "expected"), CASES)
def test_types(make_client: Any, annotation: Any, good: Any, bad: Any, expected: list[tuple[str, str]]) -> None:
    seen = []

    @post("/")
    async def create(data: Any) -> None:
        seen.append(data)

    create.fn.__annotations__["data"] = JSON_BODY[annotation]
    client = make_client(create)

    assert client.post("/", json=good).status_code == 201
    assert errors(client.post("/", json=bad)) == expected
    assert seen == [msgspec.convert(good, annotation, str_keys=True)]


def test_errors_of_an_own_check_carry_its_text(make_client: Any) -> None:
    @post("/")
    async def create(data: JSONBody[Checked]) -> None: ...

    response = make_client(create).post("/", json={"low": 2, "high": 1})

    assert response.json()["extra"][0]["message"] == "low is above high"


@pytest.mark.parametrize("depth", [64, 65])
def test_depth_in_the_second_pass(make_client: Any, depth: int) -> None:
    @post("/")
    async def create(data: JSONBody[Tree]) -> None: ...

    body = '{"value":-1}'
    for _ in range(depth // 2 - 1):
        body = f'{{"value":-1,"children":[{body}]}}'
    body = body if depth == 64 else f"[{body}"
    body = body if depth == 64 else f"{body}]"

    response = make_client(create).post("/", content=body, headers={"content-type": "application/json"})

    assert response.status_code == 422
    assert len(response.json()["extra"]) == (32 if depth == 64 else 1)


def test_an_optional_body(make_client: Any) -> None:
    @post("/a")
    async def default(data: JSONBody[Cat | None] = None) -> str:
        return repr(data)

    @post("/b")
    async def nullable(data: JSONBody[Cat | None]) -> str:
        return repr(data)

    client = make_client([default, nullable])

    assert [client.post(path).text for path in ("/a", "/b")] == ["None", "None"]
    assert client.post("/a", json={"type": "cat", "lives": 2}).text == "Cat(lives=2)"


def test_messagepack(make_client: Any) -> None:
    @post("/")
    async def create(data: MsgPackBody[list[Cat]]) -> int:
        return len(data)

    client = make_client(create)

    def send(body: bytes, content_type: str = "application/vnd.msgpack") -> Any:
        return client.post("/", content=body, headers={"content-type": content_type})

    media_type = next(iter(client.app.openapi_schema.to_schema()["paths"]["/"]["post"]["requestBody"]["content"]))
    assert send(msgspec.msgpack.encode([{"lives": 1}]), media_type).json() == 1
    assert errors(send(msgspec.msgpack.encode([{"lives": 0}, {}]), media_type)) == [
        ("/0/lives", "min"),
        ("/1/lives", "required"),
    ]
    malformed = (
        b"\x91",
        b"\xc1",
        b"\x01\x01",
        b"\xa1\xff",
        b"\x91" * 100_000,
        b"\x91" * 65 + b"\x01",
        b"\x81\x91\x01\x01",
    )
    assert [send(body, media_type).status_code for body in malformed] == [400] * 6 + [422]
    assert send(b"\x90", "application/json").status_code == 415
    assert send(b"", media_type).status_code == 400


class Model(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=2)
    age: int


def test_pydantic_models_keep_their_own_validation(make_client: Any) -> None:
    @post("/")
    async def create(data: JSONBody[Model]) -> str:
        return data.name

    class Wrapper(msgspec.Struct):
        models: list[Model]
        other: Model | None = None

    @post("/wrapped")
    async def wrapped(data: JSONBody[Wrapper]) -> int:
        return data.models[0].age

    client = make_client([create, wrapped])

    assert client.post("/", json={"name": "Ada", "age": 36}).text == "Ada"
    assert errors(client.post("/", json={"name": "A", "age": "x"})) == [
        ("/age", "int_parsing"),
        ("/name", "string_too_short"),
    ]
    assert client.post("/wrapped", json={"models": [{"name": "Ada", "age": 36}]}).json() == 36
    bad = {"name": "A", "age": 1}
    assert errors(client.post("/wrapped", json={"models": [bad], "other": bad})) == [
        ("/models/0/name", "string_too_short"),
        ("/other/name", "string_too_short"),
    ]


class Account(msgspec.Struct):
    name: str
    age: Annotated[int, Meta(ge=18)]
    is_admin: bool = False


def test_a_dto_that_the_route_declares_keeps_decoding(make_client: Any) -> None:
    class WriteDTO(MsgspecDTO[Account]):
        config = DTOConfig(exclude={"is_admin"})

    @post("/", dto=WriteDTO, return_dto=None)
    async def create(data: JSONBody[DTOData[Account]]) -> dict[str, Any]:
        return data.as_builtins()  # type: ignore[no-any-return]

    client = make_client(create)
    headers = {"content-type": "application/json"}

    assert client.post("/", json={"name": "x", "age": 18, "is_admin": True}).json() == {"name": "x", "age": 18}
    assert errors(client.post("/", json={"name": "x", "age": 17})) == [("/age", "invalid")]
    assert client.post("/", content=b"{", headers=headers).status_code == 400
    assert client.post("/", content=b'{"x":' + b"[" * 100 + b"]" * 100 + b"}", headers=headers).status_code == 400
    assert client.post("/", content=b"{}").status_code == 415


def test_another_media_type_is_left_to_litestar(make_client: Any) -> None:
    @post("/")
    async def create(data: Annotated[dict[str, int], Body(media_type="application/x-own")]) -> int:
        return data["n"]

    assert make_client(create).post("/", content=b'{"n":1}', headers={"content-type": "application/x-own"}).json() == 1


def test_a_declared_json_media_type_is_accepted_and_named(make_client: Any) -> None:
    @post("/")
    async def create(data: Annotated[dict[str, int], Body(media_type="application/merge-patch+json")]) -> None: ...

    client = make_client(create)

    def send(content_type: str) -> Any:
        return client.post("/", content=b"{}", headers={"content-type": content_type})

    assert send("application/merge-patch+json").status_code == 201
    assert send("text/plain").headers["accept"] == "application/merge-patch+json"
