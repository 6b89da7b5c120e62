"""Piccolo; it has no collection of related rows, so books are given to their authors by hand."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from contestant import Concurrent, Values
from piccolo.columns import Boolean, DoublePrecision, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

PLACEHOLDERS = 32_000
"""How many values one INSERT may have."""


class Author(Table, db=None):
    name = Varchar(100)
    email = Varchar(100)
    age = Integer()
    score = DoublePrecision()
    is_active = Boolean()
    created_at = Timestamptz()


class Book(Table, db=None):
    author_id = ForeignKey(Author)
    title = Varchar(100)
    pages = Integer()
    rating = DoublePrecision()


class Piccolo(Concurrent):
    timestamp = "TIMESTAMPTZ"

    async def open(self, url: str) -> None:
        if url.startswith("sqlite"):
            self.engine: Any = SQLiteEngine(path=url.removeprefix("sqlite:///"))
        else:
            self.engine = PostgresEngine({"dsn": url})
            await self.engine.start_connection_pool(min_size=10, max_size=10)
        Author._meta.db = Book._meta.db = self.engine

    async def close(self) -> None:
        if isinstance(self.engine, PostgresEngine):
            await self.engine.close_connection_pool()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        async with self.engine.transaction():
            for row in rows:
                await Author(**row).save()

    async def insert(self, row: Values) -> None:
        await Author(**row).save()

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        size = PLACEHOLDERS // len(rows[0])
        async with self.engine.transaction():
            for first in range(0, len(rows), size):
                await Author.insert(*[Author(**row) for row in rows[first : first + size]])

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return await Author.select()

    async def fetch_objects(self) -> list[Author]:
        return await Author.objects()

    async def get(self, key: int) -> Author | None:
        return await Author.objects().get(Author.id == key)

    async def eager(self, highest: int) -> int:
        found = await self.load(highest)
        books: dict[int, list[Book]] = defaultdict(list)
        for book in await Book.objects().where(Book.author_id.is_in([author.id for author in found])):
            books[book.author_id].append(book)
        return sum(len(books[author.id]) for author in found)

    async def load(self, highest: int) -> list[Author]:
        return await Author.objects().where(Author.id <= highest)

    async def update_each(self, authors: Sequence[Author]) -> None:
        async with self.engine.transaction():
            for author in authors:
                author.age += 1
                await author.save(columns=[Author.age])

    async def json(self) -> bytes:
        return msgspec.json.encode(await Author.select())

    async def page(self, above: int) -> list[Author]:
        return await Author.objects().where(Author.id > above).order_by(Author.id).limit(20)


contestant = Piccolo
