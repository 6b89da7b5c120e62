"""One migrating process at a time."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .errors import MigrationLockTimeout

POLL_SECONDS = 0.05


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
