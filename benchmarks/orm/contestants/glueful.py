"""glueful-orm with its default settings."""

from collections.abc import Sequence
from typing import Any

import msgspec
from contestant import Concurrent, Values
from glueful_orm import HasMany, Model, connect, has_many, transaction
from piccolo.columns import Boolean, DoublePrecision, ForeignKey, Integer, Timestamptz, Varchar


class Author(Model, tablename="author"):
    name = Varchar(100)
    email = Varchar(100)
    age = Integer()
    score = DoublePrecision()
    is_active = Boolean()
    created_at = Timestamptz()

    books: HasMany["Book"] = has_many("Book", key="author_id")


class Book(Model, tablename="book"):
    author_id = ForeignKey(Author)
    title = Varchar(100)
    pages = Integer()
    rating = DoublePrecision()


class Glueful(Concurrent):
    timestamp = "TIMESTAMPTZ"

    async def open(self, url: str) -> None:
        self.connected = connect(url)
        await self.connected.__aenter__()

    async def close(self) -> None:
        await self.connected.__aexit__(None, None, None)

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        async with transaction():
            for row in rows:
                await Author.create(**row)

    async def insert(self, row: Values) -> None:
        await Author.create(**row)

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        await Author.insert_many(rows)

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return await Author.query().dicts()

    async def fetch_objects(self) -> list[Author]:
        return await Author.all()

    async def get(self, key: int) -> Author | None:
        return await Author.find(key)

    async def eager(self, highest: int) -> int:
        found = await Author.where(id__le=highest).with_("books")
        return sum(len(author.books.loaded) for author in found)

    async def load(self, highest: int) -> list[Author]:
        return await Author.where(id__le=highest)

    async def update_each(self, authors: Sequence[Author]) -> None:
        async with transaction():
            for author in authors:
                author.age += 1
                await author.save()

    async def json(self) -> bytes:
        return msgspec.json.encode(await Author.query().dicts())

    async def page(self, above: int) -> list[Author]:
        return await Author.where(id__gt=above).order_by("id").limit(20)


contestant = Glueful
