"""The rows on JSON of the security map: what is sent, and what must come of it. Each through a whole application."""

from typing import Annotated, Any

import msgspec
import pytest
from glueful_validation import StartsWith, ValidationSettings, limits
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.testing import TestClient


class Order(msgspec.Struct):
    n: int = 0
    text: str = ""
    price: float = 0.0
    anything: Any = None


@post("/orders")
async def create(data: JSONBody[Order]) -> dict[str, Any]:
    return {"n": data.n, "text": data.text}


@pytest.fixture
def client(make_client: Any) -> TestClient[Litestar]:
    client: TestClient[Litestar] = make_client(create)
    return client


JSON = {"content-type": "application/json"}


def send(client: TestClient[Litestar], body: bytes, **headers: str) -> tuple[int, Any]:
    response = client.post("/orders", content=body, headers=headers or JSON)
    assert len(response.content) < 5_000
    return response.status_code, response.json()


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("depth", [64, 65, 1_000, 100_000])
@pytest.mark.parametrize("member", [b"anything", b"unknown"])
def test_depth_of_the_whole_body(client: TestClient[Litestar], depth: int, member: bytes) -> None:
    status, answer = send(client, b'{"%b":%b}' % (member, nested(depth - 1)))

    assert status == (201 if depth == 64 else 400)
    assert depth == 64 or answer["detail"] == "The body is nested deeper than 64 levels."


def test_depth_of_a_body_that_is_not_closed(client: TestClient[Litestar]) -> None:
    assert send(client, b"[" * 100_000)[1]["extra"] == {"limit": 64}


def test_depth_hidden_by_brackets_in_strings(client: TestClient[Litestar]) -> None:
    hidden = b'["]",' * 100 + b"1" + b"]" * 100

    assert send(client, b'{"unknown":%b}' % hidden)[0] == 400


def test_brackets_in_strings_are_no_depth(client: TestClient[Litestar]) -> None:
    assert send(client, b'{"text":"%b"}' % (b"[{" * 1_000))[0] == 201


@pytest.mark.parametrize("member", [b"text", b"unknown"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\x80"])
def test_invalid_utf8_and_raw_surrogate_bytes(client: TestClient[Litestar], member: bytes, bad: bytes) -> None:
    status, answer = send(client, b'{"%b":"%b"}' % (member, bad))

    assert (status, answer["extra"]["offset"]) == (400, len(member) + 5)


@pytest.mark.parametrize("member", [b"text", b"unknown"])
@pytest.mark.parametrize("bad", [rb"\ud800", rb"\udc00", rb"\ud800\ud800", rb"\udc00\ud800", rb"\ud800a"])
def test_lone_surrogate_escapes(client: TestClient[Litestar], member: bytes, bad: bytes) -> None:
    assert send(client, b'{"%b":"%b"}' % (member, bad))[0] == 400


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b'{"n":NaN}', 5),
        (b'{"n":Infinity}', 5),
        (b'{"unknown":NaN}', 11),
        (b'\xef\xbb\xbf{"n":1}', 0),
        (b'{"n":1}x', 7),
        (b'{"n":1}{"n":2}', 7),
        (b'{"n":1,}', 7),
        (b"{'n':1}", 1),
        (b'{"n":01}', 6),
        (b'{"text":"\x00"}', 9),
        (b'{"text":"a\nb"}', 10),
        (b'{"n":1', 6),
        (b"\x00", 0),
    ],
)
def test_malformed_json_names_the_byte(client: TestClient[Litestar], body: bytes, offset: int) -> None:
    status, answer = send(client, body)

    assert (status, answer["extra"]) == (400, {"offset": pytest.approx(offset, abs=1)})


def test_an_empty_body(client: TestClient[Litestar]) -> None:
    assert send(client, b"") == (400, {"status_code": 400, "detail": "This operation needs a body."})


@pytest.mark.parametrize("member", ["n", "price"])
@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 4_301, "1" * 100_000])
def test_numbers_beyond_any_type(client: TestClient[Litestar], member: str, number: str) -> None:
    status, answer = send(client, f'{{"{member}":{number}}}'.encode())

    assert status == 422
    assert [error["pointer"] for error in answer["extra"]] == [f"/{member}"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
@pytest.mark.parametrize(("member", "pointer"), [("n", "/n"), ("anything", "/anything")])
def test_integers_beyond_64_bits(client: TestClient[Litestar], number: int, member: str, pointer: str) -> None:
    status, answer = send(client, f'{{"{member}":{number}}}'.encode())

    assert (status, answer["extra"][0]["pointer"], answer["extra"][0]["code"]) == (422, pointer, "int64")


def test_integers_beyond_64_bits_deep_inside(client: TestClient[Litestar]) -> None:
    _, answer = send(client, b'{"anything":[1,{"a/b":[9223372036854775808]}],"unknown":9223372036854775808}')

    assert [error["pointer"] for error in answer["extra"]] == ["/anything/1/a~1b/0"]


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_integers_of_64_bits(client: TestClient[Litestar], number: int) -> None:
    assert send(client, f'{{"n":{number}}}'.encode()) == (201, {"n": number, "text": ""})


def test_many_digits_that_are_no_integer(client: TestClient[Litestar]) -> None:
    assert send(client, b'{"text":"12345678901234567890","price":0.1234567890123456789012}')[0] == 201
    assert send(client, b'{"price":123456789012345678901234567890}')[0] == 201


@pytest.mark.parametrize("member", ["text", "anything"])
def test_nul_in_a_string(client: TestClient[Litestar], member: str) -> None:
    status, answer = send(client, f'{{"{member}":"a\\u0000b"}}'.encode())

    assert (status, answer["extra"][0]["code"], answer["extra"][0]["pointer"]) == (422, "nul", f"/{member}")


def test_an_escaped_backslash_is_no_nul(client: TestClient[Litestar]) -> None:
    assert send(client, rb'{"text":"\\u0000"}') == (201, {"n": 0, "text": "\\u0000"})


def test_nul_in_a_member_that_is_ignored(client: TestClient[Litestar]) -> None:
    assert send(client, rb'{"unknown":"\u0000"}')[0] == 201


@pytest.mark.parametrize("value", ['"1"', "1.0", "1e2", "true", "null", "[]", "-0.0"])
def test_what_is_no_integer_in_json(client: TestClient[Litestar], value: str) -> None:
    status, answer = send(client, f'{{"n":{value}}}'.encode())

    assert (status, answer["extra"][0]["code"]) == (422, "integer")


def test_minus_zero_is_an_integer(client: TestClient[Litestar]) -> None:
    assert send(client, b'{"n":-0}')[0] == 201


def test_of_duplicate_names_the_last_counts_but_every_one_must_be_good(client: TestClient[Litestar]) -> None:
    assert send(client, b'{"n":1,"n":2}') == (201, {"n": 2, "text": ""})

    status, answer = send(client, b'{"n":"x","n":2}')

    assert (status, answer["extra"][0]["pointer"]) == (422, "/n")


@pytest.mark.parametrize("name", ["__proto__", "constructor", "__class__", "__init__", "__struct_fields__"])
def test_names_with_a_meaning_elsewhere_have_none(client: TestClient[Litestar], name: str) -> None:
    assert send(client, f'{{"{name}":{{"n":"x"}},"n":1}}'.encode()) == (201, {"n": 1, "text": ""})


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "\xff", "application/jsonx", "application/x-www-form-urlencoded"],
)
def test_another_content_type(client: TestClient[Litestar], content_type: str) -> None:
    response = client.post("/orders", content=b'{"n":1}', headers=[(b"content-type", content_type.encode("latin-1"))])

    assert (response.status_code, response.headers["accept"]) == (415, "application/json")


def test_no_content_type(client: TestClient[Litestar]) -> None:
    request = client.build_request("POST", "/orders", content=b'{"n":1}')

    assert "content-type" not in request.headers
    assert client.send(request).status_code == 415


def test_two_content_types(client: TestClient[Litestar]) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-type", b"text/plain")]

    assert client.post("/orders", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/vnd.api+json",
    ],
)
def test_content_types_of_json(client: TestClient[Litestar], content_type: str) -> None:
    assert send(client, b'{"n":1}', **{"content-type": content_type})[0] == 201


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "utf-7"])
def test_another_charset(client: TestClient[Litestar], charset: str) -> None:
    status, answer = send(client, b'{"n":1}', **{"content-type": f"application/json; charset={charset}"})

    assert (status, answer["detail"]) == (400, "JSON is read as UTF-8 only.")


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity", "x"])
def test_content_encoding(client: TestClient[Litestar], encoding: str) -> None:
    response = client.post("/orders", content=b"{}", headers={**JSON, "content-encoding": encoding})

    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")


def test_content_encoding_identity(client: TestClient[Litestar]) -> None:
    assert send(client, b"{}", **JSON, **{"content-encoding": "identity"})[0] == 201


def test_a_body_at_the_limit_and_one_above(client: TestClient[Litestar]) -> None:
    at_limit = b'{"unknown":"' + b"a" * (1_000_000 - 14) + b'"}'

    assert len(at_limit) == 1_000_000
    assert send(client, at_limit)[0] == 201
    assert send(client, at_limit + b" ")[0] == 413


def test_a_string_at_the_default_length_and_one_above(client: TestClient[Litestar]) -> None:
    response = client.post("/orders", content=b'{"text":"' + b"a" * 65_536 + b'"}', headers=JSON)
    assert response.status_code == 201

    for letter in (b"a", b'\\"', "é".encode()):
        status, answer = send(client, b'{"text":"' + letter * 65_537 + b'"}')

        assert (status, answer["extra"][0]["code"], answer["extra"][0]["params"]) == (422, "too_long", {"max": 65_536})


def test_limits_of_one_route(make_client: Any) -> None:
    @limits(depth=3, size=100)
    @post("/small")
    async def small(data: JSONBody[Any]) -> None: ...

    @limits(depth=500)
    @post("/deep")
    async def deep(data: JSONBody[Any]) -> None: ...

    client = make_client([small, deep], ValidationSettings(max_depth=10))

    def status(path: str, body: bytes) -> int:
        return int(client.post(path, content=body, headers=JSON).status_code)

    assert [status("/small", nested(3)), status("/small", nested(4))] == [201, 400]
    assert [status("/small", b" " * 98 + b"[]"), status("/small", b" " * 99 + b"[]")] == [201, 413]
    assert [status("/deep", nested(500)), status("/deep", nested(501))] == [201, 400]


def test_a_hundred_thousand_errors_are_a_hundred(make_client: Any) -> None:
    @post("/orders")
    async def many(data: JSONBody[list[int]]) -> None: ...

    response = make_client(many).post("/orders", content=b"[" + b'"a",' * 200_000 + b"1]", headers=JSON)

    assert response.json()["detail"] == "The request has more than 100 errors; the first 100 are listed."
    assert len(response.json()["extra"]) == 100
    assert len(response.content) < 20_000


def test_an_answer_does_not_grow_with_the_names_in_a_body(make_client: Any) -> None:
    class Closed(msgspec.Struct, forbid_unknown_fields=True):
        pass

    @post("/names")
    async def names(data: JSONBody[dict[str, int]]) -> None: ...

    @post("/closed")
    async def closed(data: JSONBody[Closed]) -> None: ...

    client = make_client([names, closed])
    body = {"a" * 9_000 + str(number): "x" for number in range(100)}

    for path in ("/names", "/closed"):
        answer = client.post(path, json=body)
        assert (answer.status_code, len(answer.json()["extra"])) == (422, 100)
        assert {error["pointer"] for error in answer.json()["extra"]} == {""}


def test_limits_and_rules_stand_in_one_answer(make_client: Any) -> None:
    class Note(msgspec.Struct):
        text: Annotated[str, StartsWith("a")]
        title: Annotated[str, StartsWith("a")]

    @post("/notes")
    async def note(data: JSONBody[Note]) -> None: ...

    response = make_client(note).post("/notes", json={"text": "b\x00", "title": "b"})

    assert [(error["pointer"], error["code"]) for error in response.json()["extra"]] == [
        ("/text", "nul"),
        ("/title", "starts_with"),
    ]


def test_no_answer_repeats_what_was_sent(client: TestClient[Litestar]) -> None:
    for body in (b'{"n":"hunter2"}', b'{"text":["hunter2"]}', b"hunter2", b'{"n":1,hunter2'):
        assert "hunter2" not in client.post("/orders?hunter2=1", content=body, headers=JSON).text
