"""Keys and values in the embedded file."""

import math
import sqlite3
from collections.abc import Mapping, Sequence

from ..entries import integer
from ..keyvalue import KEEP, KeyValueStore
from .file import EmbeddedFile

GET = "SELECT value FROM entries WHERE key=? AND (expires_at IS NULL OR expires_at>?)"
GET_TAG = "SELECT token FROM tags WHERE tag=? AND expires_at>?"
PUT = "INSERT OR REPLACE INTO entries (key, value, expires_at) VALUES (?, ?, ?)"


class EmbeddedKeyValueStore(KeyValueStore):
    """Keys and values in the embedded file.

    Args:
        file: where they are.
    """

    def __init__(self, file: EmbeddedFile) -> None:
        super().__init__(file.prefix, file.max_value_bytes)
        self._file = file
        self._beginning = f"{file.prefix}:".encode()

    @property
    def where(self) -> str:
        """The file."""
        return self._file.where

    def _names(self, keys: Sequence[bytes]) -> list[bytes]:
        return [self._beginning + key for key in keys]

    async def _read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return await self._select(GET, keys)

    async def _read_tags(self, tags: Sequence[bytes]) -> list[bytes | None]:
        return await self._select(GET_TAG, tags)

    async def _select(self, statement: str, keys: Sequence[bytes]) -> list[bytes | None]:
        names = self._names(keys)

        def job(connection: sqlite3.Connection, now: int) -> list[bytes | None]:
            rows = [connection.execute(statement, (name, now)).fetchone() for name in names]
            return [None if row is None else row[0] for row in rows]

        return await self._file.read(job)

    async def _write(self, raws: Mapping[bytes, bytes], milliseconds: int | None) -> None:
        items = [(self._beginning + key, raw) for key, raw in raws.items()]

        def job(connection: sqlite3.Connection, now: int) -> None:
            expiry = _expiry(now, milliseconds)
            connection.executemany(PUT, [(name, raw, expiry) for name, raw in items])

        await self._file.write(job)

    async def _write_if_absent(self, key: bytes, raw: bytes, milliseconds: int | None) -> bool:
        name = self._beginning + key

        def job(connection: sqlite3.Connection, now: int) -> bool:
            if connection.execute(GET, (name, now)).fetchone() is not None:
                return False
            connection.execute(PUT, (name, raw, _expiry(now, milliseconds)))
            return True

        return await self._file.write(job)

    async def _swap(self, key: bytes, old: bytes, new: bytes | None, milliseconds: int | None) -> bool:
        name = self._beginning + key

        def job(connection: sqlite3.Connection, now: int) -> bool:
            if connection.execute(GET, (name, now)).fetchone() != (old,):
                return False
            if new is None:
                connection.execute("DELETE FROM entries WHERE key=?", (name,))
            elif milliseconds == KEEP:
                connection.execute("UPDATE entries SET value=? WHERE key=?", (new, name))
            else:
                connection.execute(PUT, (name, new, _expiry(now, milliseconds)))
            return True

        return await self._file.write(job)

    async def _increment(self, key: bytes, by: int, milliseconds: int | None) -> int | None:
        name = self._beginning + key

        def job(connection: sqlite3.Connection, now: int) -> int | None:
            row = connection.execute(GET, (name, now)).fetchone()
            number = 0 if row is None else integer(row[0])
            total = None if number is None else integer(b"%d" % (number + by))
            if total is None:
                return None
            if row is None:
                connection.execute(PUT, (name, b"%d" % total, _expiry(now, milliseconds)))
            else:
                connection.execute("UPDATE entries SET value=? WHERE key=?", (b"%d" % total, name))
            return total

        return await self._file.write(job)

    async def _remaining(self, key: bytes) -> float | None:
        name = self._beginning + key

        def job(connection: sqlite3.Connection, now: int) -> float | None:
            row = connection.execute("SELECT expires_at FROM entries WHERE key=?", (name,)).fetchone()
            if row is None:
                return None
            if row[0] is None:
                return math.inf
            return row[0] - now if row[0] > now else None

        return await self._file.read(job)

    async def _remove(self, keys: Sequence[bytes]) -> None:
        await self._delete("DELETE FROM entries WHERE key=?", keys)

    async def _remove_tags(self, tags: Sequence[bytes]) -> None:
        await self._delete("DELETE FROM tags WHERE tag=?", tags)

    async def _delete(self, statement: str, keys: Sequence[bytes]) -> None:
        rows = [(name,) for name in self._names(keys)]
        await self._file.write(lambda connection, _: connection.executemany(statement, rows) and None)

    async def _make_tags(self, tags: Sequence[bytes], token: bytes, milliseconds: int) -> list[bytes]:
        names = self._names(tags)

        def job(connection: sqlite3.Connection, now: int) -> list[bytes]:
            tokens = []
            for name in names:
                row = connection.execute(GET_TAG, (name, now)).fetchone()
                if row is None:
                    row = (token, now + milliseconds)
                    connection.execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", (name, *row))
                else:
                    connection.execute(
                        "UPDATE tags SET expires_at=max(expires_at, ?) WHERE tag=?", (now + milliseconds, name)
                    )
                tokens.append(row[0])
            return tokens

        return await self._file.write(job)

    async def _clear(self, space: bytes) -> None:
        first = self._beginning + space
        after = first[:-1] + bytes([first[-1] + 1])  # it ends in a colon

        def job(connection: sqlite3.Connection, _: int) -> None:
            connection.execute("DELETE FROM entries WHERE key>=? AND key<?", (first, after))
            connection.execute("DELETE FROM tags WHERE tag>=? AND tag<?", (first, after))

        await self._file.write(job)


def _expiry(now: int, milliseconds: int | None) -> int | None:
    return None if milliseconds is None else now + milliseconds
