"""Public ids: a prefix that says of what, and a UUIDv7 (RFC 9562), which sorts by time."""

import secrets
import time


def new_id(prefix: str) -> str:
    """A new id of 36 characters or fewer, for example ``msg_0190f4…``.

    Args:
        prefix: at most three letters.
    """
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | secrets.randbits(80)
    number = number & ~(0xF << 76) | (7 << 76)
    number = number & ~(0x3 << 62) | (2 << 62)
    return f"{prefix}_{number:032x}"
