"""One migrating process at a time."""

import asyncio
import os
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import MigrationLockTimeout

if TYPE_CHECKING:
    from ..engines.session import Session

POLL_SECONDS = 0.05
KEY = zlib.crc32(b"glueful-migrations")
"""Number of the advisory lock; PostgreSQL keeps one set of them for each database."""


@asynccontextmanager
async def file_lock(path: Path, timeout_seconds: float) -> AsyncIterator[None]:
    """Hold an exclusive lock on a file; the operating system releases it with the process, however that ends.

    Args:
        path: created if it is not there, and left there.
        timeout_seconds: how long to wait for whoever holds it.

    Raises:
        MigrationLockTimeout: it was not free in time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                raise MigrationLockTimeout(timeout_seconds)
            await asyncio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def advisory_lock(session: "Session", timeout_seconds: float) -> AsyncIterator[None]:
    """Hold PostgreSQL's advisory lock for migrations on a connection that does nothing else meanwhile.

    Args:
        session: the connection.
        timeout_seconds: how long to wait for whoever holds it.

    Raises:
        MigrationLockTimeout: it was not free in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while not (await session.fetch("SELECT pg_try_advisory_lock($1)", [KEY]))[0][0]:
        if time.monotonic() >= deadline:
            raise MigrationLockTimeout(timeout_seconds)
        await asyncio.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        await session.fetch("SELECT pg_advisory_unlock($1)", [KEY])


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
