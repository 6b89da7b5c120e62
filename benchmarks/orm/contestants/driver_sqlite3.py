"""The sqlite3 module in the event loop's thread, which stands still meanwhile: no mix."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec
from contestant import Values

from . import by_hand
from .by_hand import ALL, BOOKS, INSERT, Author

ONE = f"{INSERT} (?, ?, ?, ?, ?, ?)"


class Driver:
    timestamp = "TEXT"

    async def open(self, url: str) -> None:
        self.db = self.connected(url.removeprefix("sqlite:///"))
        self.db.execute("PRAGMA synchronous=NORMAL")

    def connected(self, path: str) -> Any:
        return sqlite3.connect(path, isolation_level=None, cached_statements=512)

    async def close(self) -> None:
        self.db.close()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        for row in rows:
            self.db.execute(ONE, by_hand.stored(row))
        self.db.execute("COMMIT")

    async def insert(self, row: Values) -> None:
        self.db.execute(ONE, by_hand.stored(row))

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(ONE, [by_hand.stored(row) for row in rows])
        self.db.execute("COMMIT")

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return by_hand.dicts(self.db.execute(ALL).fetchall())

    async def fetch_objects(self) -> list[Author]:
        return by_hand.authors(self.db.execute(ALL).fetchall())

    async def get(self, key: int) -> Author:
        return by_hand.author(self.db.execute(f"{ALL} WHERE id = ?", (key,)).fetchone())

    async def eager(self, highest: int) -> int:
        found = await self.load(highest)
        keys = msgspec.json.encode([one.id for one in found]).decode()
        books = self.db.execute(f"{BOOKS} IN (SELECT value FROM json_each(?))", (keys,)).fetchall()
        return by_hand.joined(found, books)

    async def load(self, highest: int) -> list[Author]:
        return by_hand.authors(self.db.execute(f"{ALL} WHERE id <= ?", (highest,)).fetchall())

    async def update_each(self, authors: Sequence[Author]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        for author in authors:
            author.age += 1
            self.db.execute("UPDATE author SET age = ? WHERE id = ?", (author.age, author.id))
        self.db.execute("COMMIT")

    async def json(self) -> bytes:
        return msgspec.json.encode(await self.fetch_dicts())


contestant = Driver
