"""Tortoise."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from contestant import Concurrent, Values
from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction


class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(100)
    email = fields.CharField(100)
    age = fields.IntField()
    score = fields.FloatField()
    is_active = fields.BooleanField()
    created_at = fields.DatetimeField()
    books: fields.ReverseRelation["Book"]

    class Meta:
        table = "author"


class Book(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("models.Author", related_name="books")
    title = fields.CharField(100)
    pages = fields.IntField()
    rating = fields.FloatField()

    class Meta:
        table = "book"


class Contestant(Concurrent):
    timestamp = "TIMESTAMP"

    async def open(self, url: str) -> None:
        if url.startswith("sqlite"):
            credentials: dict[str, Any] = {"file_path": url.removeprefix("sqlite:///"), "synchronous": "NORMAL"}
            connection = {"engine": "tortoise.backends.sqlite", "credentials": credentials}
        else:
            at = urlsplit(url)
            credentials = {"host": at.hostname, "port": at.port, "user": at.username, "database": at.path.strip("/")}
            credentials |= {"password": at.password, "minsize": 10, "maxsize": 10}
            connection = {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
        apps = {"models": {"models": [__name__], "default_connection": "default"}}
        await Tortoise.init({"connections": {"default": connection}, "apps": apps, "use_tz": True})

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        async with in_transaction():
            for row in rows:
                await Author.create(**row)

    async def insert(self, row: Values) -> None:
        await Author.create(**row)

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        await Author.bulk_create([Author(**row) for row in rows])

    async def fetch_dicts(self) -> Any:
        return await Author.all().values()

    async def fetch_objects(self) -> list[Author]:
        return await Author.all()

    async def get(self, key: int) -> Author:
        return await Author.get(id=key)

    async def eager(self, highest: int) -> int:
        return sum([len(author.books) for author in await Author.filter(id__lte=highest).prefetch_related("books")])

    async def load(self, highest: int) -> list[Author]:
        return await Author.filter(id__lte=highest)

    async def update_each(self, authors: Sequence[Author]) -> None:
        async with in_transaction():
            for author in authors:
                author.age += 1
                await author.save(update_fields=["age"])

    async def json(self) -> bytes:
        return msgspec.json.encode(await Author.all().values())

    async def page(self, above: int) -> list[Author]:
        return await Author.filter(id__gt=above).order_by("id").limit(20)


contestant = Contestant
