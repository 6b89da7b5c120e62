"""One aiosqlite connection."""

from collections.abc import Sequence
from typing import Any

import aiosqlite
import msgspec
from contestant import Concurrent, Values

from . import by_hand
from .by_hand import ALL, BOOKS, INSERT, Author

ONE = f"{INSERT} (?, ?, ?, ?, ?, ?)"


class Driver(Concurrent):
    timestamp = "TEXT"

    async def open(self, url: str) -> None:
        self.db = await aiosqlite.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=512)
        await self.db.execute("PRAGMA synchronous=NORMAL")

    async def close(self) -> None:
        await self.db.close()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        await self.db.execute("BEGIN IMMEDIATE")
        for row in rows:
            await self.db.execute_insert(ONE, by_hand.stored(row))
        await self.db.execute("COMMIT")

    async def insert(self, row: Values) -> None:
        await self.db.execute_insert(ONE, by_hand.stored(row))

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        await self.db.execute("BEGIN IMMEDIATE")
        await self.db.executemany(ONE, [by_hand.stored(row) for row in rows])
        await self.db.execute("COMMIT")

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return by_hand.dicts(await self.db.execute_fetchall(ALL))

    async def fetch_objects(self) -> list[Author]:
        return by_hand.authors(await self.db.execute_fetchall(ALL))

    async def get(self, key: int) -> Author:
        (row,) = await self.db.execute_fetchall(f"{ALL} WHERE id = ?", (key,))
        return by_hand.author(row)

    async def eager(self, highest: int) -> int:
        found = await self.load(highest)
        keys = msgspec.json.encode([one.id for one in found]).decode()
        books = await self.db.execute_fetchall(f"{BOOKS} IN (SELECT value FROM json_each(?))", (keys,))
        return by_hand.joined(found, books)

    async def load(self, highest: int) -> list[Author]:
        return by_hand.authors(await self.db.execute_fetchall(f"{ALL} WHERE id <= ?", (highest,)))

    async def update_each(self, authors: Sequence[Author]) -> None:
        await self.db.execute("BEGIN IMMEDIATE")
        for author in authors:
            author.age += 1
            await self.db.execute_fetchall("UPDATE author SET age = ? WHERE id = ?", (author.age, author.id))
        await self.db.execute("COMMIT")

    async def json(self) -> bytes:
        return msgspec.json.encode(await self.fetch_dicts())

    async def page(self, above: int) -> list[Author]:
        rows = await self.db.execute_fetchall(f"{ALL} WHERE id > ? ORDER BY id LIMIT 20", (above,))
        return by_hand.authors(rows)


contestant = Driver
