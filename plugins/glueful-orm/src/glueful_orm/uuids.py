"""UUIDs of version 7: keys that are made by the application and sort by time (RFC 9562, section 5.7)."""

import os
import threading
import time
import uuid


class _Stamps:
    """Milliseconds since 1970 in 48 bits and their fraction in 12, each greater than the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> int:
        with self._lock:
            milliseconds, rest = divmod(time.time_ns(), 1_000_000)
            self._last = max((milliseconds << 12) | (rest << 12) // 1_000_000, self._last + 1)
            return self._last


_STAMPS = _Stamps()


def uuid7() -> uuid.UUID:
    """A new one, for ``id = UUID(primary_key=True, default=uuid7)``; within one process greater than the one before.

    48 bits of milliseconds, 12 bits of their fraction, 62 random bits (method 3 of RFC 9562, section 6.2). Piccolo's
    own default needs Python 3.14 and PostgreSQL 18.
    """
    stamp = _STAMPS.new()
    value = (stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62
    return uuid.UUID(int=value | int.from_bytes(os.urandom(8), "big") >> 2)
