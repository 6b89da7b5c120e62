"""What a handler's return value became: a body, a stream of bytes, header fields."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar.response import Response


class Document(msgspec.Struct, kw_only=True):
    """An answer that is ready to be encoded."""

    body: Any = None
    chunks: AsyncIterator[bytes] | None = None
    """Encoded parts instead of ``body``."""
    media_type: str | None = None
    headers: dict[str, str] = {}
    response: Response[Any] | None = None
    """What the handler returned around it: its status, header fields, cookies and background tasks."""
