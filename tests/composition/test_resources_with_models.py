"""Resources of models, through glueful-orm on real databases, with the answers of glueful-errors."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import httpx
import jsonschema_rs
import pytest
import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import GluefulError, Plugin, Principal, Secret, hookimpl
from glueful_kernel import create_app
from glueful_orm import (
    BelongsToMany,
    CursorPage,
    Engine,
    HasMany,
    Model,
    Page,
    Timestamps,
    belongs_to,
    belongs_to_many,
    has_many,
)
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from glueful_resources import (
    HiddenColumn,
    Links,
    Resource,
    ResourceCollection,
    ResourcesSettings,
    ResourceStream,
    TypeContradiction,
    UnknownAttribute,
    computed,
    field,
    has_scope,
    links,
    merge_when,
    route,
    when,
    when_aggregated,
    when_counted,
    when_exists_loaded,
    when_loaded,
    when_not_null,
    when_pivot_loaded,
)
from glueful_resources.collection import CursorCollection, PagedCollection
from glueful_resources.plugin import ResourcesPlugin
from litestar import Response, get
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath, FromQuery
from piccolo.columns import Boolean, ForeignKey, Integer, Text, Varchar


class Genre(Enum):
    POETRY = "poetry"
    PROSE = "prose"


class Novelist(Timestamps):
    name = Varchar(length=40)
    email = Varchar(length=80)
    password = Varchar(length=80, default="$argon2$hidden")
    is_retired = Boolean(default=False)
    motto = Text(null=True, default=None)

    hidden = frozenset({"password"})

    books: HasMany["Novel"] = has_many("Novel", key="writer_id")


class Novel(Timestamps):
    writer_id = ForeignKey(Novelist, null=False, default=None)
    title = Varchar(length=80)
    genre = Varchar(length=20, choices=Genre, default=Genre.PROSE)
    pages = Integer(default=100)

    writer = belongs_to(Novelist, key="writer_id")
    reviews: HasMany["Critique"] = has_many("Critique", key="book_id")
    shelves: BelongsToMany["Bookcase"] = belongs_to_many(
        "Bookcase", through="Standing", key="book_id", other_key="shelf_id"
    )


class Critique(Timestamps):
    book_id = ForeignKey(Novel, null=False, default=None)
    writer_id = ForeignKey(Novelist, null=False, default=None)
    stars = Integer(default=3)

    book = belongs_to(Novel, key="book_id")
    writer = belongs_to(Novelist, key="writer_id")


class Bookcase(Model):
    label = Varchar(length=20)


class Standing(Model):
    book_id = ForeignKey(Novel)
    shelf_id = ForeignKey(Bookcase)
    position = Integer(default=0)


TABLES = [Novelist, Novel, Critique, Bookcase, Standing]


class WriterFields(Resource[Novelist]):
    """What only writers see of themselves."""

    is_retired: bool
    mail: str = field("email")


class WriterResource(Resource[Novelist], includes=("books", "books.reviews", "books.reviews.writer"), sparse=True):
    """Somebody who writes."""

    id: int
    name: str
    email: str = field(visible_if=has_scope("writers:email"))
    motto: str = when_not_null()
    books: list["BookResource"] = when_loaded()
    books_count: int = when_counted("books")
    books_exists: bool = when_exists_loaded("books")
    most_pages: int | None = when_aggregated("books", "max", "pages")
    links: Links = links(self=route("writers.show", writer_id="id"))

    def is_self(self, writer: Novelist) -> bool:
        return self.principal is not None and self.principal.id == str(writer.pk)

    own: WriterFields = merge_when(is_self)
    secret_motto: str | None = when(is_self, "motto")


class ShelfResource(Resource[Bookcase], name="shelves"):
    label: str
    position: int = when_pivot_loaded()


class ReviewResource(Resource[Critique]):
    stars: int
    writer: WriterResource = when_loaded()


class BookResource(Resource[Novel], includes=("reviews", "writer"), sparse=True):
    id: int
    title: str
    genre: Genre
    pages: int
    writer: WriterResource = when_loaded()
    reviews: list[ReviewResource] = when_loaded(limit=2)


class ShelvedResource(Resource[Novel], name="shelved"):
    """Needs relations that handlers do not load, and a look-up for all rows at once."""

    title: str
    writer: WriterResource

    async def prepare(self, rows: Sequence[Novel]) -> None:
        self._prepared = [*getattr(self, "_prepared", []), len(rows)]
        self._stars = await Critique.where(book_id__in=[book.pk for book in rows]).count_by("book_id")

    @computed(loads=["shelves"])
    def shelves(self, book: Novel) -> list[str]:
        return sorted(shelf.label for shelf in book.shelves)

    @computed
    def reviews(self, book: Novel) -> int:
        return self._stars.get(book.pk, 0)

    @computed
    def prepared(self, book: Novel) -> list[int]:
        return self._prepared


class PlainResource(Resource[Novel], wrap=None):
    id: int
    title: str


@get("/writers/{writer_id:int}", name="writers.show")
async def show_writer(writer_id: FromPath[int]) -> WriterResource:
    return WriterResource(await Novelist.find_or_fail(writer_id))


@get("/writers")
async def list_writers() -> ResourceCollection[WriterResource]:
    query = Novelist.order_by("id").with_count("books").with_exists("books").with_max("books", "pages")
    return WriterResource.collection(await query.get()).additional(meta={"version": "1.0"})


@get("/books")
async def list_books(page: FromQuery[int] = 1, per_page: FromQuery[int] = 2) -> PagedCollection[BookResource]:
    return BookResource.collection(Novel.order_by("id")).paginate(page, per_page)


@get("/books/page")
async def page_of_books(page: FromQuery[int] = 1) -> Annotated[Page[Novel], BookResource]:
    return await Novel.order_by("id").paginate(page, 2)


@get("/books/keyset")
async def keyset(cursor: FromQuery[str | None] = None) -> CursorCollection[BookResource]:
    return BookResource.collection(Novel.order_by("-title")).cursor_paginate(cursor, 2)


@get("/books/keyset/page")
async def keyset_page(cursor: FromQuery[str | None] = None) -> Annotated[CursorPage[Novel], PlainResource]:
    return await Novel.order_by("-title").cursor_paginate(cursor, 2)


@get("/books/query")
async def books_of_a_query() -> ResourceCollection[BookResource]:
    return BookResource.collection(Novel.order_by("id"))


@get("/books/shelved")
async def shelved() -> Annotated[list[Novel], ShelvedResource]:
    return await Novel.order_by("id").get()


@get("/books/stream")
async def stream_books() -> ResourceStream[ShelvedResource]:
    return ShelvedResource.collection(Novel.order_by("id")).stream()


@get("/books/{book_id:int}")
async def show_book(book_id: FromPath[int]) -> Annotated[Response[Novel], BookResource]:
    return Response(await Novel.find_or_fail(book_id), headers={"X-Shelf": "7"}, status_code=203)


@get("/books/{book_id:int}/shelves")
async def shelves_of(book_id: FromPath[int]) -> Annotated[list[Bookcase], ShelfResource]:
    return list(await (await Novel.find_or_fail(book_id)).shelves)


@get("/books/unwrapped")
async def unwrapped() -> ResourceCollection[PlainResource]:
    return PlainResource.collection(Novel.order_by("id"))


HANDLERS = [
    show_writer,
    list_writers,
    list_books,
    page_of_books,
    keyset,
    keyset_page,
    books_of_a_query,
    shelved,
    stream_books,
    show_book,
    shelves_of,
    unwrapped,
]


class Callers(ASGIMiddleware):
    """Whom a header names; in place of glueful-auth."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        headers = dict(scope["headers"])
        who = headers.get(b"x-user", b"").decode()
        scopes = frozenset(headers.get(b"x-scopes", b"").decode().split())
        scope["user"] = Principal(id=who, scopes=scopes) if who else None
        await next_app(scope, receive, send)


class Statements(Plugin):
    """Keeps what reaches the database."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    @hookimpl
    def glueful_query_executed(self, sql: str) -> None:
        self.seen.append(sql)


class Library:
    """The served application and the statements that its last request ran."""

    def __init__(self, app: Any, client: httpx.AsyncClient, statements: Statements) -> None:
        self.app = app
        self.client = client
        self.statements = statements

    async def get(self, path: str, **headers: str) -> Any:
        self.statements.seen.clear()
        return await self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@asynccontextmanager
async def open_library(
    url: str, *, settings: ResourcesSettings | None = None, handlers: Sequence[Any] = HANDLERS, books: int = 3
) -> AsyncIterator[Library]:
    statements = Statements()
    plugins = [OrmPlugin(OrmSettings(url=Secret(url))), ResourcesPlugin(settings), ErrorsPlugin(), statements]
    app = create_app(
        list(handlers),
        plugins=plugins,
        settings={},
        only=["orm", "resources", "errors", "statements"],
        middleware=[Callers()],
    )
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://library.test") as client:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for table in TABLES:
            for statement in table.create_table().ddl:
                await engine.execute(statement)
        ada = await Novelist.create(name="Ada", email="ada@library.test", motto="Count.")
        bob = await Novelist.create(name="Bob", email="bob@library.test")
        shelf = await Bookcase.create(label="A1")
        for number in range(1, books + 1):
            book = await Novel.create(writer_id=ada.pk if number % 2 else bob.pk, title=f"Novel {number}")
            await book.shelves.attach(shelf, position=number)
            for stars in (1, 2, 3):
                await Critique.create(book_id=book.pk, writer_id=bob.pk, stars=stars)
        yield Library(app, client, statements)


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
        assert [book["title"] for book in ada["books"]] == ["Novel 1", "Novel 3"]
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

            assert response.json()["data"][:2] == [{"title": "Novel 1"}, {"title": "Novel 2"}]
            assert not [sql for sql in library.statements.seen if "genre" in sql or "writer_id" in sql]


async def test_an_inclusion_is_shown_beside_selected_fields(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/books/query?fields[books]=title&fields[writers]=name&include=writer")

        assert response.json()["data"][0] == {"title": "Novel 1", "writer": {"name": "Ada"}}


async def test_a_selection_that_is_not_offered_is_a_problem_that_says_what_is(url: str) -> None:
    async with open_library(url) as library:
        response = await library.get("/books?fields[books]=password&include=shelves")

    body = response.json()
    assert (response.status_code, body["code"]) == (400, "resources.selection")
    assert response.headers["content-type"].startswith("application/problem+json")
    assert body["errors"] == [
        {
            "location": "query",
            "name": "fields[books]",
            "code": "unknown_field",
            "message": "There is no such field.",
            "params": {"allowed": ["genre", "id", "pages", "reviews", "title", "writer"]},
        },
        {
            "location": "query",
            "name": "include",
            "code": "unknown_include",
            "message": "This cannot be included.",
            "params": {"allowed": ["reviews", "writer"]},
        },
    ]


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

        assert (seen, pages) == ([f"Novel {number}" for number in (5, 4, 3, 2, 1)], 3)


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
        assert [book["title"] for book in books] == [f"Novel {number}" for number in range(1, 6)]
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
    owner_id = ForeignKey(Novelist, null=True, default=None)

    owner = belongs_to(Novelist, key="owner_id")


def start(resource: type[Resource[Any]]) -> None:
    async def handler() -> Any: ...

    handler.__annotations__["return"] = resource
    create_app([get("/")(handler)], plugins=[OrmPlugin(), ResourcesPlugin()], settings={}, only=["orm", "resources"])


class ShowsHidden(Resource[Novelist]):
    password: str


class ShowsHiddenUnderAnotherName(Resource[Novelist]):
    note: str = field("password")


class Nullable(Resource[Cat]):
    name: str


class WrongType(Resource[Novelist]):
    name: int


class Misspelt(Resource[Novelist]):
    emial: str


class OptionalRow(Resource[Cat]):
    owner: WriterResource


class WrongNumber(Resource[Novel]):
    writer: list[WriterResource]


class WrongModel(Resource[Novel]):
    reviews: list[WriterResource]


class ShowsModel(Resource[Novel]):
    writer: Novelist


@pytest.mark.parametrize(
    ("resource", "error", "message"),
    [
        (ShowsHidden, HiddenColumn, "ShowsHidden.password shows Novelist.password, which the model hides"),
        (ShowsHiddenUnderAnotherName, HiddenColumn, "which the model hides"),
        (Nullable, TypeContradiction, "the column may be NULL"),
        (WrongType, TypeContradiction, "the column holds str"),
        (Misspelt, UnknownAttribute, "write 'email'"),
        (OptionalRow, TypeContradiction, "write WriterResource | None"),
        (WrongNumber, TypeContradiction, "the relation has one row"),
        (WrongModel, TypeContradiction, "the relation leads to Critique"),
        (ShowsModel, GluefulError, "name a resource for it"),
    ],
)
def test_a_resource_that_contradicts_its_model_stops_the_start(
    resource: type[Resource[Any]], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        start(resource)


class Revealed(Resource[Novelist]):
    password: str = field(reveals_hidden=True)


class NotNull(Resource[Cat]):
    name: str = when_not_null()
    owner: WriterResource | None


@pytest.mark.parametrize("resource", [Revealed, NotNull])
def test_a_resource_that_says_so_may_start(resource: type[Resource[Any]]) -> None:
    start(resource)
