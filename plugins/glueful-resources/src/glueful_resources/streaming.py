"""Long collections in constant memory: a JSON array, or one JSON value a line."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_hookspecs import refuse_not_finite
from litestar.serialization import get_serializer

from .errors import ResourceMismatch

if TYPE_CHECKING:
    from litestar.connection import Request

NDJSON = "application/x-ndjson"
_LINES = (NDJSON, "application/jsonl", "application/ndjson")


def stream(
    rows: Any, make: Callable[[list[Any]], Awaitable[list[Any]]], batch: int, request: "Request[Any, Any, Any]"
) -> tuple[AsyncIterator[bytes], str]:
    """Encoded parts of many rows, and their media type.

    Args:
        rows: what can be iterated over, also asynchronously.
        make: turns a batch of rows into what is encoded.
        batch: rows in memory at a time.
        request: NDJSON is sent where its ``Accept`` prefers it to JSON.
    """
    if not isinstance(rows, AsyncIterable | Iterable):
        raise ResourceMismatch("rows to stream", type(rows).__name__)
    encoder = msgspec.json.Encoder(enc_hook=get_serializer(request.route_handler.resolve_type_encoders()))
    preferred = request.accept.best_match(["application/json", *_LINES]) if "accept" in request.headers else None
    if preferred in _LINES:
        return _lines(_batches(rows, batch), make, encoder), str(preferred)
    return _array(_batches(rows, batch), make, encoder), "application/json"


async def _batches(rows: Any, size: int) -> AsyncIterator[list[Any]]:
    batch: list[Any] = []
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            batch.append(row)
            if len(batch) >= size:
                yield batch
                batch = []
    else:
        for row in rows:
            batch.append(row)
            if len(batch) >= size:
                yield batch
                batch = []
    if batch:
        yield batch


async def _array(batches: AsyncIterator[list[Any]], make: Any, encoder: msgspec.json.Encoder) -> AsyncIterator[bytes]:
    count = 0
    async for batch in batches:
        made = await make(batch)
        encoded = encoder.encode(made)
        refuse_not_finite(encoded, made, encoder.enc_hook, first=count)
        yield (b"," if count else b"[") + encoded[1:-1]
        count += len(made)
    yield b"]" if count else b"[]"


async def _lines(batches: AsyncIterator[list[Any]], make: Any, encoder: msgspec.json.Encoder) -> AsyncIterator[bytes]:
    count = 0
    async for batch in batches:
        made = await make(batch)
        encoded = encoder.encode_lines(made)
        refuse_not_finite(encoded, made, encoder.enc_hook, first=count)
        yield encoded
        count += len(made)
