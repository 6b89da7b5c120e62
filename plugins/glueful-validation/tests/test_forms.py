"""Multipart and URL-encoded forms."""

import datetime as dt
from typing import Annotated, Any

import msgspec
import pytest
from glueful_validation import Email, File, Image
from litestar import post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody, URLEncodedBody

UNKNOWN_CHARSET = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=nope\r\n\r\nx\r\n--b--\r\n'
)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class Profile(msgspec.Struct):
    email: Annotated[str, Email()]
    age: int
    tags: list[str] = []
    born: dt.date | None = None
    newsletter: bool = False


@post("/profile")
async def save(data: URLEncodedBody[Profile]) -> dict[str, Any]:
    return msgspec.to_builtins(data)  # type: ignore[no-any-return]


class Upload(msgspec.Struct):
    title: str
    picture: Annotated[UploadFile, Image(max_size=100)]
    notes: Annotated[UploadFile | None, File(types=["text/plain"])] = None


@post("/pictures")
async def upload(data: MultipartBody[Upload]) -> dict[str, Any]:
    return {"title": data.title, "size": len(await data.picture.read()), "notes": data.notes is not None}


@post("/files")
async def files(data: MultipartBody[list[UploadFile]]) -> list[str]:
    return [file.filename for file in data]


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return sorted((error["pointer"], error["code"]) for error in response.json()["extra"])


def test_fields_are_converted_to_their_types(make_client: Any) -> None:
    form = {"email": "a@b.co", "age": "36", "tags": ["x", "y"], "born": "1990-01-31", "newsletter": "true"}

    assert make_client(save).post("/profile", data=form).json() == {
        "email": "a@b.co",
        "age": 36,
        "tags": ["x", "y"],
        "born": "1990-01-31",
        "newsletter": True,
    }


def test_one_value_is_an_array_where_the_type_has_one_and_nothing_is_none(make_client: Any) -> None:
    answer = make_client(save).post("/profile", data={"email": "a@b.co", "age": "36", "tags": "x", "born": ""}).json()

    assert (answer["tags"], answer["born"]) == (["x"], None)


def test_every_wrong_field_is_named(make_client: Any) -> None:
    form = {"email": "x", "age": "1e2", "born": "yesterday", "newsletter": ["true", "false"]}

    assert errors(make_client(save).post("/profile", data=form)) == [
        ("/age", "integer"),
        ("/born", "date"),
        ("/email", "email"),
        ("/newsletter", "duplicate"),
    ]


@pytest.mark.parametrize("age", ["1e2", "36.0", "036", "%EF%BC%93%EF%BC%96", str(2**63)])
def test_what_is_no_integer_in_a_form(make_client: Any, age: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    response = make_client(save).post("/profile", content=f"email=a@b.co&age={age}", headers=headers)

    assert errors(response) in ([("/age", "integer")], [("/age", "int64")])


def test_nul_in_a_form(make_client: Any) -> None:
    assert errors(make_client(save).post("/profile", data={"email": "a@b.co", "age": "36", "tags": "a\x00"})) == [
        ("/tags/0", "nul")
    ]


@pytest.mark.parametrize("body", [b"email=%ff", b"email=\xff", b"&".join([b"a=1"] * 1_001)])
def test_a_form_that_cannot_be_read(make_client: Any, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    assert make_client(save).post("/profile", content=body, headers=headers).status_code == 400


def test_json_is_no_form(make_client: Any) -> None:
    assert make_client(save).post("/profile", json={"email": "a@b.co", "age": 36}).status_code == 415


def test_files_are_judged_by_their_content(make_client: Any) -> None:
    client = make_client(upload)
    good = {"picture": ("a.exe", PNG, "text/html"), "notes": ("n", "é".encode(), "x/y")}
    assert client.post("/pictures", data={"title": "x"}, files=good).json() == {
        "title": "x",
        "size": len(PNG),
        "notes": True,
    }

    bad = {"picture": ("a.png", b"<svg onload=alert(1)>", "image/png"), "notes": ("n.txt", PNG, "text/plain")}
    assert errors(client.post("/pictures", data={}, files=bad)) == [
        ("/notes", "file_type"),
        ("/picture", "file_type"),
        ("/title", "required"),
    ]
    large = {"picture": ("a.png", PNG + b"\x00" * 100, "image/png")}
    assert errors(client.post("/pictures", data={"title": "x"}, files=large)) == [("/picture", "max_size")]


def test_text_is_no_file_and_a_file_is_no_text(make_client: Any) -> None:
    client = make_client(upload)

    response = client.post("/pictures", data={"picture": "x"}, files={"title": ("t", b"x")})

    assert errors(response) == [("/picture", "file"), ("/title", "string")]


def test_a_list_of_files(make_client: Any) -> None:
    response = make_client(files).post("/files", files=[("a", ("1", b"x")), ("a", ("2", b"y")), ("b", ("3", b"z"))])

    assert sorted(response.json()) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            UNKNOWN_CHARSET,
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 1_001 + b"--b--\r\n",
        ),
    ],
)
def test_a_multipart_body_that_cannot_be_read(make_client: Any, content_type: str, body: bytes) -> None:
    response = make_client(upload).post("/pictures", content=body, headers={"content-type": content_type})

    assert response.status_code == 400, response.text
