"""How the modules of this room ask a database for its catalogue."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Fetch = Callable[[str, Sequence[Any]], Awaitable[Sequence[Sequence[Any]]]]
"""Rows of a statement, each as a sequence of values; placeholders are ``?`` on SQLite and ``$1`` on PostgreSQL."""
