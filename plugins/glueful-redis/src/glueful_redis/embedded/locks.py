"""Locks in the embedded file."""

import sqlite3
import time
from collections.abc import Callable

from ..locks import Locks
from .file import EmbeddedFile


class EmbeddedLocks(Locks):
    """Locks in the embedded file, for the processes of one machine.

    Args:
        file: where they are.
        poll_seconds: how often somebody who waits looks at first.
        monotonic: the clock of leases, in seconds.
    """

    def __init__(
        self, file: EmbeddedFile, poll_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(poll_seconds, monotonic)
        self._file = file

    def _key(self, name: str) -> bytes:
        return f"{self._file.prefix}:{name}".encode()

    async def _acquire(self, name: str, token: str, milliseconds: int) -> int | None:
        key = self._key(name)

        def job(connection: sqlite3.Connection, now: int) -> int | None:
            row = connection.execute("SELECT expires_at FROM locks WHERE name=?", (key,)).fetchone()
            if row is not None and row[0] > now:
                return None
            (last,) = connection.execute("SELECT last FROM fence").fetchone()
            fence: int = max(last + 1, now * 1000)  # it grows also when the file was removed
            connection.execute("UPDATE fence SET last=?", (fence,))
            connection.execute("DELETE FROM locks WHERE expires_at<=?", (now,))
            connection.execute("INSERT INTO locks VALUES (?, ?, ?)", (key, token, now + milliseconds))
            return fence

        return await self._file.write(job)

    async def _extend(self, name: str, token: str, milliseconds: int) -> bool:
        key = self._key(name)

        def job(connection: sqlite3.Connection, now: int) -> bool:
            return (
                connection.execute(
                    "UPDATE locks SET expires_at=? WHERE name=? AND token=? AND expires_at>?",
                    (now + milliseconds, key, token, now),
                ).rowcount
                > 0
            )

        return await self._file.write(job)

    async def _release(self, name: str, token: str) -> None:
        row = (self._key(name), token)
        await self._file.write(
            lambda connection, _: connection.execute("DELETE FROM locks WHERE name=? AND token=?", row) and None
        )
