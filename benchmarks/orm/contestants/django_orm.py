"""Django's ORM as it is made: synchronous, without a thread between. The mix runs in 10 threads, a connection each."""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import django
import msgspec
from contestant import Values
from django.conf import settings

THREADS = 10


def database(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        options = {"init_command": "PRAGMA synchronous=NORMAL", "transaction_mode": "IMMEDIATE", "timeout": 30}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    at = urlsplit(url)
    where = {"HOST": at.hostname, "PORT": at.port, "USER": at.username, "PASSWORD": at.password or ""}
    return {"ENGINE": "django.db.backends.postgresql", "NAME": at.path.strip("/"), **where}


class Django:
    timestamp = "datetime"

    async def open(self, url: str) -> None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        settings.configure(DATABASES={"default": database(url)}, USE_TZ=True, TIME_ZONE="UTC")
        django.setup()
        from django.db import connection, transaction

        from .django_models import Author

        self.author, self.transaction, self.connection = Author, transaction, connection
        self.threads = ThreadPoolExecutor(THREADS)

    async def close(self) -> None:
        self.threads.shutdown()
        self.connection.close()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        with self.transaction.atomic():
            for row in rows:
                self.author.objects.create(**row)

    async def insert(self, row: Values) -> None:
        self.author.objects.create(**row)

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        self.author.objects.bulk_create([self.author(**row) for row in rows])

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return list(self.author.objects.values())

    async def fetch_objects(self) -> list[Any]:
        return list(self.author.objects.all())

    async def get(self, key: int) -> Any:
        return self.author.objects.get(pk=key)

    async def eager(self, highest: int) -> int:
        found = self.author.objects.filter(pk__lte=highest).prefetch_related("books")
        return sum(len(author.books.all()) for author in found)

    async def load(self, highest: int) -> list[Any]:
        return list(self.author.objects.filter(pk__lte=highest))

    async def update_each(self, authors: Sequence[Any]) -> None:
        with self.transaction.atomic():
            for author in authors:
                author.age += 1
                author.save(update_fields=["age"])

    async def json(self) -> bytes:
        return msgspec.json.encode(await self.fetch_dicts())

    async def serve(self, keys: Sequence[int], row: Values | None) -> None:
        await asyncio.get_running_loop().run_in_executor(self.threads, self.request, keys, row)

    def request(self, keys: Sequence[int], row: Values | None) -> None:
        for key in keys:
            self.author.objects.get(pk=key)
        list(self.author.objects.filter(pk__gt=keys[0]).order_by("pk")[:20])
        if row is not None:
            self.author.objects.create(**row)


contestant = Django
