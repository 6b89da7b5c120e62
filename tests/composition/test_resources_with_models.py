"""Resources of models, through glueful-orm on real databases, with the answers of glueful-errors."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from glueful_hookspecs import GluefulError
from glueful_kernel import create_app
from glueful_orm import Model, belongs_to
from glueful_orm.plugin import OrmPlugin
from glueful_resources import (
    HiddenColumn,
    Resource,
    ResourcesSettings,
    TypeContradiction,
    UnknownAttribute,
    field,
    when_not_null,
)
from glueful_resources.plugin import ResourcesPlugin
from litestar import get
from piccolo.columns import ForeignKey, Varchar

from .library import Book, Writer, WriterResource, open_library


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


async def test_a_resource_shows_what_it_declares(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/writers/1")

        assert response.json() == {"data": {"id": 1, "name": "Ada", "motto": "Count.", "links": {"self": "/writers/1"}}}
        assert len(library.statements.seen) == 1


async def test_fields_that_were_not_asked_of_the_query_are_left_out_and_those_that_were_are_there(url: str) -> None:
    async with open_library(url) as library:
        ada, bob = (await library.get("/writers")).json()["data"]

    assert (ada["books_count"], ada["books_exists"], ada["most_pages"], "motto" in bob) == (2, True, 100, False)


async def test_additional_members_stand_beside_the_data(url: str) -> None:
    async with open_library(url) as library:
        assert (await library.get("/writers")).json()["meta"] == {"version": "1.0"}


async def test_a_field_is_visible_to_whom_it_is_for(url: str) -> None:
    async with open_library(url) as library:
        stranger = (await library.get("/writers/1")).json()["data"]
        clerk = (await library.get("/writers/1", x_user="9", x_scopes="writers:email")).json()["data"]
        herself = (await library.get("/writers/1", x_user="1")).json()["data"]

    assert "email" not in stranger
    assert clerk["email"] == "ada@library.test"
    assert (herself["is_retired"], herself["mail"], herself["secret_motto"]) == (False, "ada@library.test", "Count.")
    assert not {"mail", "is_retired", "secret_motto"} & clerk.keys()


async def test_included_relations_cost_one_statement_a_level(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/writers?include=books.reviews.writer")

        (ada, bob) = response.json()["data"]
        assert [book["title"] for book in ada["books"]] == ["Book 1", "Book 3"]
        assert [review["stars"] for review in ada["books"][0]["reviews"]] == [1, 2]
        assert ada["books"][0]["reviews"][0]["writer"]["name"] == "Bob"
        assert len(bob["books"]) == 1
        assert len(library.statements.seen) == 7  # writers, three aggregates, books, reviews, their writers


async def test_what_a_resource_needs_is_loaded_for_all_rows_at_once(url: str) -> None:
    async with open_library(url, books=5) as library:
        response = await library.get("/books/shelved")

        books = response.json()["data"]
        assert [book["writer"]["name"] for book in books] == ["Ada", "Bob", "Ada", "Bob", "Ada"]
        assert [(book["shelves"], book["reviews"], book["prepared"]) for book in books] == [(["A1"], 3, [5])] * 5
        assert len(library.statements.seen) == 4  # books, writers, shelves, reviews


async def test_columns_that_are_not_selected_are_not_fetched(url: str) -> None:
    async with open_library(url) as library:
        for path in ("/books", "/books/query"):
            response = await library.get(f"{path}?fields[books]=title")

            assert response.json()["data"][:2] == [{"title": "Book 1"}, {"title": "Book 2"}]
            assert not [sql for sql in library.statements.seen if "genre" in sql or "writer_id" in sql]


async def test_an_inclusion_is_shown_beside_selected_fields(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/books/query?fields[books]=title&fields[writers]=name&include=writer")

        assert response.json()["data"][0] == {"title": "Book 1", "writer": {"name": "Ada"}}


async def test_a_pivot_is_shown_where_the_row_came_through_one(url: str) -> None:
    async with open_library(url) as library:
        assert (await library.get("/books/2/shelves")).json() == {"data": [{"label": "A1", "position": 2}]}


async def test_what_surrounds_a_resource_in_a_response_stays(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/books/1?include=writer")

    assert (response.status_code, response.headers["x-shelf"]) == (203, "7")
    assert response.json()["data"]["writer"]["name"] == "Ada"


@pytest.mark.parametrize("path", ["/books", "/books/page"])
async def test_pages_by_offset_name_one_another(url: str, path: str) -> None:
    async with open_library(url, books=5) as library:
        response = await library.get(f"{path}?page=2&x=%26")

        body = response.json()
        assert [book["id"] for book in body["data"]] == [3, 4]
        assert body["meta"] == {"page": 2, "per_page": 2, "pages": 3, "total": 5}
        assert body["links"] == {
            "first": f"{path}?x=%26&page=1",
            "prev": f"{path}?x=%26&page=1",
            "next": f"{path}?x=%26&page=3",
            "last": f"{path}?x=%26&page=3",
        }
        relations = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', response.headers["link"]))
        assert relations == {f"{path}?x=%26&page=1": "prev", f"{path}?x=%26&page=3": "last"}
        last = (await library.get(body["links"]["last"])).json()
        assert ([book["id"] for book in last["data"]], last["links"]["next"]) == ([5], None)


@pytest.mark.parametrize("path", ["/books/keyset", "/books/keyset/page"])
async def test_pages_by_keyset_are_walked_by_the_link_header(url: str, path: str) -> None:
    async with open_library(url, books=5) as library:
        seen, address, pages = [], path, 0
        while address and pages < 9:
            response = await library.get(address)
            body = response.json()
            seen += [book["title"] for book in (body if isinstance(body, list) else body["data"])]
            found = re.search(r'<([^>]+)>; rel="next"', response.headers["link"])
            address, pages = found[1] if found else "", pages + 1

        assert (seen, pages) == ([f"Book {number}" for number in (5, 4, 3, 2, 1)], 3)


async def test_a_page_is_never_larger_than_the_setting(url: str) -> None:
    async with open_library(url, settings=ResourcesSettings(max_page_size=3), books=5) as library:
        body = (await library.get("/books?per_page=1000000")).json()

    assert (len(body["data"]), body["meta"]["per_page"]) == (3, 3)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/x-ndjson"])
async def test_a_stream_is_an_array_or_lines(url: str, accept: str) -> None:
    async with open_library(url, settings=ResourcesSettings(stream_batch=2), books=5) as library:
        response = await library.get("/books/stream", accept=accept)

        is_lines = accept.endswith("ndjson")
        assert response.headers["content-type"].startswith("application/x-ndjson" if is_lines else "application/json")
        books = [json.loads(line) for line in response.text.splitlines()] if is_lines else response.json()
        assert [book["title"] for book in books] == [f"Book {number}" for number in range(1, 6)]
        assert {tuple(book["prepared"]) for book in books} == {(2,), (2, 2), (2, 2, 1)} or len(books) == 5
        assert [len(book["shelves"]) for book in books] == [1] * 5


async def test_every_answer_fits_the_published_schema(url: str) -> None:
    async with open_library(url, books=5) as library:
        document = (await library.client.get("/schema/openapi.json")).json()
        for path, item in document["paths"].items():
            content = next(iter(item["get"]["responses"].items()))[1]["content"]
            if "application/json" not in content or not path.startswith(("/writers", "/books")):
                continue
            schema = {**content["application/json"]["schema"], "components": document["components"]}
            check = jsonschema_rs.validator_for(schema)
            response = await library.get(path.format(writer_id=1, book_id=1), x_user="1", x_scopes="writers:email")

            assert response.is_success, path
            assert [str(error.message) for error in check.iter_errors(response.json())] == [], path


async def test_the_document_says_what_requests_may_choose(url: str) -> None:
    async with open_library(url) as library:
        document = (await library.client.get("/schema/openapi.json")).json()

    parameters = {p["name"]: p for p in document["paths"]["/books"]["get"]["parameters"]}
    assert {"fields[books]", "fields[writers]", "include", "page", "per_page"} == parameters.keys()
    assert parameters["include"]["schema"]["items"]["enum"] == ["reviews", "writer"]
    assert (parameters["include"]["style"], parameters["include"]["explode"]) == ("form", False)
    assert document["paths"]["/books"]["get"]["responses"]["200"]["headers"]["Link"]
    assert "application/x-ndjson" in document["paths"]["/books/stream"]["get"]["responses"]["200"]["content"]
    assert "password" not in json.dumps(document)


# --- declarations that stop the start ---


class Cat(Model):
    name = Varchar(null=True, default=None)
    owner_id = ForeignKey(Writer, null=True, default=None)

    owner = belongs_to(Writer, key="owner_id")


def start(resource: type[Resource[Any]]) -> None:
    async def handler() -> Any: ...

    handler.__annotations__["return"] = resource
    create_app([get("/")(handler)], plugins=[OrmPlugin(), ResourcesPlugin()], settings={}, only=["orm", "resources"])


class ShowsHidden(Resource[Writer]):
    password: str


class ShowsHiddenUnderAnotherName(Resource[Writer]):
    note: str = field("password")


class Nullable(Resource[Cat]):
    name: str


class WrongType(Resource[Writer]):
    name: int


class Misspelt(Resource[Writer]):
    emial: str


class OptionalRow(Resource[Cat]):
    owner: WriterResource


class WrongNumber(Resource[Book]):
    writer: list[WriterResource]


class WrongModel(Resource[Book]):
    reviews: list[WriterResource]


class ShowsModel(Resource[Book]):
    writer: Writer


@pytest.mark.parametrize(
    ("resource", "error", "message"),
    [
        (ShowsHidden, HiddenColumn, "ShowsHidden.password shows Writer.password, which the model hides"),
        (ShowsHiddenUnderAnotherName, HiddenColumn, "which the model hides"),
        (Nullable, TypeContradiction, "the column may be NULL"),
        (WrongType, TypeContradiction, "the column holds str"),
        (Misspelt, UnknownAttribute, "write 'email'"),
        (OptionalRow, TypeContradiction, "write WriterResource | None"),
        (WrongNumber, TypeContradiction, "the relation has one row"),
        (WrongModel, TypeContradiction, "the relation leads to Review"),
        (ShowsModel, GluefulError, "name a resource for it"),
    ],
)
def test_a_resource_that_contradicts_its_model_stops_the_start(
    resource: type[Resource[Any]], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        start(resource)


class Revealed(Resource[Writer]):
    password: str = field(reveals_hidden=True)


class NotNull(Resource[Cat]):
    name: str = when_not_null()
    owner: WriterResource | None


@pytest.mark.parametrize("resource", [Revealed, NotNull])
def test_a_resource_that_says_so_may_start(resource: type[Resource[Any]]) -> None:
    start(resource)
