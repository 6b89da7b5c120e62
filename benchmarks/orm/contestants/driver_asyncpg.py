"""One asyncpg connection; the mix has its pool of 10, with the reset that it does by default."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
from contestant import Concurrent, Values

from .by_hand import ALL, BOOKS, INSERT, NAMES, Author, joined

ONE = f"{INSERT} ($1, $2, $3, $4, $5, $6)"
RETURNING = f"{ONE} RETURNING id"


class Driver(Concurrent):
    timestamp = ""

    async def open(self, url: str) -> None:
        self.pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
        self.db = await asyncpg.connect(url)

    async def close(self) -> None:
        await self.db.close()
        await self.pool.close()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        async with self.db.transaction():
            for row in rows:
                await self.db.fetchval(RETURNING, *row.values())

    async def insert(self, row: Values) -> None:
        await self.db.fetchval(RETURNING, *row.values())

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        await self.db.executemany(ONE, [tuple(row.values()) for row in rows])

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(NAMES, row, strict=False)) for row in await self.db.fetch(ALL)]

    async def fetch_objects(self) -> list[Author]:
        return [Author(*row) for row in await self.db.fetch(ALL)]

    async def get(self, key: int) -> Author:
        return Author(*await self.db.fetchrow(f"{ALL} WHERE id = $1", key))

    async def eager(self, highest: int) -> int:
        found = await self.load(highest)
        return joined(found, await self.db.fetch(f"{BOOKS} = ANY($1)", [one.id for one in found]))

    async def load(self, highest: int) -> list[Author]:
        return [Author(*row) for row in await self.db.fetch(f"{ALL} WHERE id <= $1", highest)]

    async def update_each(self, authors: Sequence[Author]) -> None:
        async with self.db.transaction():
            for author in authors:
                author.age += 1
                await self.db.execute("UPDATE author SET age = $1 WHERE id = $2", author.age, author.id)

    async def json(self) -> bytes:
        return msgspec.json.encode(await self.fetch_dicts())

    async def page(self, above: int) -> list[Author]:
        return [Author(*row) for row in await self.db.fetch(f"{ALL} WHERE id > $1 ORDER BY id LIMIT 20", above)]

    async def serve(self, keys: Sequence[int], row: Values | None) -> None:
        for key in keys:
            Author(*await self.pool.fetchrow(f"{ALL} WHERE id = $1", key))
        rows = await self.pool.fetch(f"{ALL} WHERE id > $1 ORDER BY id LIMIT 20", keys[0])
        _ = [Author(*found) for found in rows]
        if row is not None:
            await self.pool.fetchval(RETURNING, *row.values())


contestant = Driver
