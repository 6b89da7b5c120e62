"""Public ids: a prefix that says of what, and a UUIDv7 (RFC 9562), which sorts by time."""

import secrets
import threading
import time

_STEPS = 4_096
_lock = threading.Lock()
_last = 0


def new_id(prefix: str) -> str:
    """A new id, for example ``msg_0190f4…``; within a process each is greater than the one before.

    Args:
        prefix: at most three letters.
    """
    number = (_tick() << 64) | secrets.randbits(64)
    number = ((number >> 76) << 80) | (0x7 << 76) | (number & ((1 << 76) - 1))
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"{prefix}_{number:032x}"


def _tick() -> int:
    # RFC 9562 section 6.2, method 3: milliseconds, and 12 bits of what is below them.
    global _last  # noqa: PLW0603 - what makes ids of one process increase
    nanoseconds = time.time_ns()
    now = (nanoseconds // 1_000_000) * _STEPS + (nanoseconds % 1_000_000) * _STEPS // 1_000_000
    with _lock:
        _last = max(now, _last + 1)
        return _last
