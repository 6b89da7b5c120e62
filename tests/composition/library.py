"""A library in a real database, and its resources: what the tests of resources with models serve."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import Annotated, Any

import httpx
import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import Plugin, Principal, Secret, hookimpl
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
    Links,
    Resource,
    ResourceCollection,
    ResourcesSettings,
    ResourceStream,
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


class Writer(Timestamps):
    name = Varchar(length=40)
    email = Varchar(length=80)
    password = Varchar(length=80, default="$argon2$hidden")
    is_retired = Boolean(default=False)
    motto = Text(null=True, default=None)

    hidden = frozenset({"password"})

    books: HasMany["Book"] = has_many("Book", key="writer_id")


class Book(Timestamps):
    writer_id = ForeignKey(Writer, null=False, default=None)
    title = Varchar(length=80)
    genre = Varchar(length=20, choices=Genre, default=Genre.PROSE)
    pages = Integer(default=100)

    writer = belongs_to(Writer, key="writer_id")
    reviews: HasMany["Review"] = has_many("Review", key="book_id")
    shelves: BelongsToMany["Shelf"] = belongs_to_many("Shelf", through="Place", key="book_id", other_key="shelf_id")


class Review(Timestamps):
    book_id = ForeignKey(Book, null=False, default=None)
    writer_id = ForeignKey(Writer, null=False, default=None)
    stars = Integer(default=3)

    book = belongs_to(Book, key="book_id")
    writer = belongs_to(Writer, key="writer_id")


class Shelf(Model):
    label = Varchar(length=20)


class Place(Model):
    book_id = ForeignKey(Book)
    shelf_id = ForeignKey(Shelf)
    position = Integer(default=0)


TABLES = [Writer, Book, Review, Shelf, Place]


class WriterFields(Resource[Writer]):
    """What only writers see of themselves."""

    is_retired: bool
    mail: str = field("email")


class WriterResource(Resource[Writer], includes=("books", "books.reviews", "books.reviews.writer"), sparse=True):
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

    def is_self(self, writer: Writer) -> bool:
        return self.principal is not None and self.principal.id == str(writer.pk)

    own: WriterFields = merge_when(is_self)
    secret_motto: str | None = when(is_self, "motto")


class ShelfResource(Resource[Shelf], name="shelves"):
    label: str
    position: int = when_pivot_loaded()


class ReviewResource(Resource[Review]):
    stars: int
    writer: WriterResource = when_loaded()


class BookResource(Resource[Book], includes=("reviews", "writer"), sparse=True):
    id: int
    title: str
    genre: Genre
    pages: int
    writer: WriterResource = when_loaded()
    reviews: list[ReviewResource] = when_loaded(limit=2)


class ShelvedResource(Resource[Book], name="shelved"):
    """Needs relations that handlers do not load, and a look-up for all rows at once."""

    title: str
    writer: WriterResource

    async def prepare(self, rows: Sequence[Book]) -> None:
        self._prepared = [*getattr(self, "_prepared", []), len(rows)]
        self._stars = await Review.where(book_id__in=[book.pk for book in rows]).count_by("book_id")

    @computed(loads=["shelves"])
    def shelves(self, book: Book) -> list[str]:
        return sorted(shelf.label for shelf in book.shelves)

    @computed
    def reviews(self, book: Book) -> int:
        return self._stars.get(book.pk, 0)

    @computed
    def prepared(self, book: Book) -> list[int]:
        return self._prepared


class PlainResource(Resource[Book], wrap=None):
    id: int
    title: str


@get("/writers/{writer_id:int}", name="writers.show")
async def show_writer(writer_id: FromPath[int]) -> WriterResource:
    return WriterResource(await Writer.find_or_fail(writer_id))


@get("/writers")
async def list_writers() -> ResourceCollection[WriterResource]:
    query = Writer.order_by("id").with_count("books").with_exists("books").with_max("books", "pages")
    return WriterResource.collection(await query.get()).additional(meta={"version": "1.0"})


@get("/books")
async def list_books(page: FromQuery[int] = 1, per_page: FromQuery[int] = 2) -> PagedCollection[BookResource]:
    return BookResource.collection(Book.order_by("id")).paginate(page, per_page)


@get("/books/page")
async def page_of_books(page: FromQuery[int] = 1) -> Annotated[Page[Book], BookResource]:
    return await Book.order_by("id").paginate(page, 2)


@get("/books/keyset")
async def keyset(cursor: FromQuery[str | None] = None) -> CursorCollection[BookResource]:
    return BookResource.collection(Book.order_by("-title")).cursor_paginate(cursor, 2)


@get("/books/keyset/page")
async def keyset_page(cursor: FromQuery[str | None] = None) -> Annotated[CursorPage[Book], PlainResource]:
    return await Book.order_by("-title").cursor_paginate(cursor, 2)


@get("/books/query")
async def books_of_a_query() -> ResourceCollection[BookResource]:
    return BookResource.collection(Book.order_by("id"))


@get("/books/shelved")
async def shelved() -> Annotated[list[Book], ShelvedResource]:
    return await Book.order_by("id").get()


@get("/books/stream")
async def stream_books() -> ResourceStream[ShelvedResource]:
    return ShelvedResource.collection(Book.order_by("id")).stream()


@get("/books/{book_id:int}")
async def show_book(book_id: FromPath[int]) -> Annotated[Response[Book], BookResource]:
    return Response(await Book.find_or_fail(book_id), headers={"X-Shelf": "7"}, status_code=203)


@get("/books/{book_id:int}/shelves")
async def shelves_of(book_id: FromPath[int]) -> Annotated[list[Shelf], ShelfResource]:
    return list(await (await Book.find_or_fail(book_id)).shelves)


@get("/books/unwrapped")
async def unwrapped() -> ResourceCollection[PlainResource]:
    return PlainResource.collection(Book.order_by("id"))


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
        ada = await Writer.create(name="Ada", email="ada@library.test", motto="Count.")
        bob = await Writer.create(name="Bob", email="bob@library.test")
        shelf = await Shelf.create(label="A1")
        for number in range(1, books + 1):
            book = await Book.create(writer_id=ada.pk if number % 2 else bob.pk, title=f"Book {number}")
            await book.shelves.attach(shelf, position=number)
            for stars in (1, 2, 3):
                await Review.create(book_id=book.pk, writer_id=bob.pk, stars=stars)
        yield Library(app, client, statements)
