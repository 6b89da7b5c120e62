"""Relations through models, to several models, with pivots, and what can be asked about them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_orm import (
    BelongsToMany,
    Engine,
    HasMany,
    HasManyThrough,
    Model,
    MorphMany,
    UnknownColumn,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    has_one_through,
    morph_many,
    morph_one,
    morph_to,
)
from glueful_orm.model.errors import KeylessModel, LoadingOneByOne, UnknownRelation
from glueful_orm.testing import assert_queries
from piccolo.columns import ForeignKey, Integer, Varchar


class Country(Model):
    name = Varchar()

    writers: HasMany["Writer"] = has_many("Writer", key="country_id")
    books: HasManyThrough["Book"] = has_many_through("Book", through="Writer", key="country_id", other_key="writer_id")
    any_book = has_one_through("Book", through="Writer", key="country_id", other_key="writer_id")
    notes: MorphMany["Note"] = morph_many("Note", "subject")


class Writer(Model):
    country_id = ForeignKey(Country)
    mentor_id = ForeignKey("self", null=True, default=None)
    name = Varchar()

    country = belongs_to(Country, key="country_id")
    mentor = belongs_to("Writer", key="mentor_id")
    students: HasMany["Writer"] = has_many("Writer", key="mentor_id")
    books: HasMany["Book"] = has_many("Book", key="writer_id")


class Book(Model):
    writer_id = ForeignKey(Writer)
    title = Varchar()
    pages = Integer(default=0)

    writer = belongs_to(Writer, key="writer_id")
    notes: MorphMany["Note"] = morph_many("Note", "subject")
    first_note = morph_one("Note", "subject")
    shelves: BelongsToMany["Shelf"] = belongs_to_many("Shelf", through="Placement", key="book_id", other_key="shelf_id")


class Shelf(Model):
    name = Varchar()

    books: BelongsToMany[Book] = belongs_to_many(Book, through="Placement", key="shelf_id", other_key="book_id")


class Placement(Model, keyless=True):
    book_id = ForeignKey(Book)
    shelf_id = ForeignKey(Shelf)
    position = Integer(default=0)


class Note(Model):
    subject_type = Varchar(null=True, default=None)
    subject_id = Integer(null=True, default=None)
    text = Varchar()

    subject = morph_to("subject", ["Book", "Country"])


@pytest.fixture
async def library(engine: Engine, created: Callable[..., Awaitable[None]]) -> Engine:
    await created(Country, Writer, Book, Shelf, Placement, Note)
    for country, writers in {"A": ("a1", "a2"), "B": ("b1",), "C": ()}.items():
        home = await Country.create(name=country)
        for writer in writers:
            author = await Writer.create(country_id=home.id, name=writer)
            for number in range(3 if writer == "a1" else 1):
                await Book.create(writer_id=author.id, title=f"{writer}-{number}", pages=100 * (number + 1))
    return engine


def titles(books: Any) -> list[str]:
    return sorted(book.title for book in books)


async def test_rows_are_found_through_a_model_between(library: Engine) -> None:
    with assert_queries(2):
        countries = await Country.with_("books").order_by("name")

    assert [titles(country.books.loaded) for country in countries] == [
        ["a1-0", "a1-1", "a1-2", "a2-0"],
        ["b1-0"],
        [],
    ]
    assert await countries[0].books.where(pages__ge=200).count() == 2
    any_book: Any = await countries[1].any_book
    assert any_book.title == "b1-0"
    assert await countries[2].any_book is None


async def test_a_row_names_a_row_of_one_of_several_models(library: Engine) -> None:
    book, country = await Book.query().first_or_fail(), await Country.query().first_or_fail()
    await book.notes.create(text="on the book")
    await country.notes.create(text="on the country")
    await Note.create(text="on nothing")

    with assert_queries(3):
        notes = await Note.with_("subject").order_by("id")

    assert [note.subject.loaded for note in notes] == [book, country, None]
    assert [note.text for note in await book.notes] == ["on the book"]
    first_note: Any = await book.first_note
    assert first_note.text == "on the book"
    assert await Book.query().where_has("notes").get() == [book]


async def test_a_type_that_is_not_declared_is_refused(library: Engine) -> None:
    await Note.create(subject_type="Shelf", subject_id=1, text="?")

    with pytest.raises(UnknownRelation):
        await Note.with_("subject").get()
    with pytest.raises(UnknownRelation):
        Note.query().where_has("subject")


async def test_pivot_rows_come_along_and_can_be_changed(library: Engine) -> None:
    shelf = await Shelf.create(name="top")
    first, second, third = (await Book.order_by("id").limit(3).get())[:3]
    await shelf.books.attach(first, position=1)
    await shelf.books.attach(second, third)

    shelf = (await Shelf.with_("books").get())[0]
    assert {book.id: book.pivot.position for book in shelf.books.loaded} == {first.id: 1, second.id: 0, third.id: 0}

    assert await shelf.books.update_pivot(first, position=7) == 1
    await shelf.books.sync({first.id: {"position": 8}, second.id: {}})
    assert {book.id: book.pivot.position for book in await shelf.books} == {first.id: 8, second.id: 0}

    await shelf.books.toggle(second, third)
    assert sorted(book.id for book in await shelf.books) == [first.id, third.id]
    assert first.pivot is None


async def test_a_table_without_a_primary_key_has_rows_but_no_single_row(library: Engine) -> None:
    shelf, book = await Shelf.create(name="top"), await Book.query().first_or_fail()
    await shelf.books.attach(book)

    placement = await Placement.query().first_or_fail()
    assert (placement.book_id, placement.pk) == (book.id, None)
    with pytest.raises(KeylessModel):
        await Placement.find(1)
    with pytest.raises(KeylessModel):
        await placement.update(position=1)
    with pytest.raises(KeylessModel):
        await placement.delete()
    assert await Placement.where(book_id=book.id).update(position=3) == 1


async def test_rows_with_and_without_related_rows(library: Engine) -> None:
    names = Country.order_by("name")

    assert await names.where_has("writers").pluck("name") == ["A", "B"]
    assert await names.where_has("writers", at_least=2).pluck("name") == ["A"]
    assert await names.doesnt_have("writers").pluck("name") == ["C"]
    assert await names.where_has("writers.books", lambda books: books.where(Book.pages > 250)).pluck("name") == ["A"]
    assert await names.doesnt_have("writers.books", lambda books: books.where(Book.pages > 250)).pluck("name") == [
        "B",
        "C",
    ]
    assert await names.where_has("books", at_least=4).pluck("name") == ["A"]


async def test_a_relation_to_the_same_table_can_be_asked_for(library: Engine) -> None:
    mentor, student = await Writer.order_by("name").limit(2).get()
    await student.update(mentor_id=mentor.id)

    assert await Writer.query().where_has("students").get() == [mentor]
    assert await Writer.query().where_has("mentor", lambda query: query.where(name="a1")).get() == [student]
    assert student not in await Writer.query().doesnt_have("mentor").get()


async def test_numbers_about_related_rows_cost_one_statement_each(library: Engine) -> None:
    with assert_queries(5):
        countries: Any = (
            await Country.query()
            .with_count("writers", books=lambda books: books.where(Book.pages > 100))
            .with_exists("notes")
            .with_sum("books", "pages")
            .order_by("name")
        )

    found = [(c.writers_count, c.books_count, c.notes_exists, c.books_sum_pages) for c in countries]
    assert found == [(2, 2, False, 700), (1, 0, False, 100), (0, 0, False, 0)]
    assert countries[0].visible()["writers_count"] == 2
    assert not countries[0].dirty()
    longest: Any = await Country.query().with_max("books", "pages").order_by("name")
    assert [country.books_max_pages for country in longest] == [300, 100, None]
    with pytest.raises(UnknownColumn):
        Country.query().with_sum("books", 'pages") --')


async def test_a_limit_in_a_refinement_counts_for_each_owner(library: Engine) -> None:
    with assert_queries(2):
        writers = await Writer.with_(books=lambda books: books.order_by("-pages").limit(2)).order_by("name")

    assert [[book.title for book in writer.books.loaded] for writer in writers] == [
        ["a1-2", "a1-1"],
        ["a2-0"],
        ["b1-0"],
    ]


async def test_load_missing_loads_what_is_missing(library: Engine) -> None:
    writer = (await Writer.with_("books").order_by("name").limit(1).get())[0]

    with assert_queries(1):
        await writer.load_missing("books", "country")
    with assert_queries(0):
        await writer.load_missing("books", "country")


async def test_touching_a_relation_row_by_row_can_be_logged_or_refused(
    library: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    library.n_plus_one = "warn"
    writers = await Writer.all()
    with assert_queries(1):
        assert sum([len(await writer.books) for writer in writers]) == 5
    (record,) = caplog.records
    assert "Writer.books was not loaded with the query that found 3 rows" in record.getMessage()
    assert "test_more_relations.py" in record.getMessage()

    library.n_plus_one = "raise"
    with pytest.raises(LoadingOneByOne, match="with_\\('country'\\)"):
        await (await Writer.all())[0].country
    one = await Writer.query().first_or_fail()
    assert (await one.country).name == "A"


async def test_a_query_knows_the_tables_that_it_reads(library: Engine) -> None:
    home: Any = Book.writer_id.country_id
    assert Country.query().tables == {"countries"}
    assert Country.with_("books.shelves", "notes").tables == {
        "countries",
        "writers",
        "books",
        "placements",
        "shelves",
        "notes",
    }
    assert Book.query().where_has("shelves").with_count("notes").tables == {"books", "shelves", "placements", "notes"}
    assert Book.where((home.name == "A") | (Book.pages > 3)).tables == {
        "books",
        "writers",
        "countries",
    }
    assert Note.with_("subject").tables == {"notes", "books", "countries"}
    found = await Book.where((home.name == "B") | (Book.pages > 250)).order_by("title")
    assert [book.title for book in found] == ["a1-2", "b1-0"]
