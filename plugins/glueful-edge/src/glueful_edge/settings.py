"""Settings of section ``[edge]``."""

import msgspec


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits before routing."""

    max_target_bytes: int = 8_192
    """Greatest length of path and query together; above it the answer is 414."""
    max_header_count: int = 100
    """Greatest number of header fields; above it the answer is 431."""
    max_header_bytes: int = 32_768
    """Greatest sum of all header names and values; above it the answer is 431."""
