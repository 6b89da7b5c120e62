"""Where the body of an operation comes from: its content type is checked, its bytes are read, a reader decodes them."""

# ruff: noqa: ARG002  every source has the same method

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.enums import RequestEncodingType
from litestar.exceptions import SerializationException
from litestar.types import Empty

from .bodies import FormReader, JSONReader, MessagePackReader, Read, malformed
from .errors import MissingBody
from .forms import fields_for, read_multipart, read_urlencoded
from .media import check_exactly, check_json
from .pointer import path_in
from .screening import check_depth, check_utf8
from .shape.walk import Found, Walk

Extractor = Callable[[dict[str, Any], Any], Awaitable[None]]


class BodySource:
    """Reads the body of one operation.

    Args:
        media_type: what the operation declares.
        when_empty: ``MissingBody`` to refuse an empty body, else the value it stands for; Litestar's ``Empty`` for the
            handler's own default.
    """

    def __init__(self, media_type: str, when_empty: Any = MissingBody) -> None:
        self.media_type = media_type
        self.when_empty = when_empty

    def walk(self) -> Walk:
        """A walk that converts parts of the body as its reader does."""
        raise NotImplementedError

    async def read(self, request: Any, content_type: bytes | None, values: dict[str, Any]) -> Any:
        """The value, or a ``Read`` where something is left to do.

        Args:
            request: its body is not read yet.
            content_type: as sent, None if it was not.
            values: what other extractors left, for one of Litestar's.

        Raises:
            BodyError: the body cannot be read at all.
        """
        raise NotImplementedError

    def empty(self) -> Any:
        """What an empty body comes to.

        Raises:
            MissingBody: the operation needs one.
        """
        if self.when_empty is MissingBody:
            raise MissingBody(detail=MissingBody.detail)
        return self.when_empty


class JSONBodySource(BodySource):
    """A JSON body."""

    def __init__(self, media_type: str, reader: JSONReader, when_empty: Any = MissingBody) -> None:
        super().__init__(media_type, when_empty)
        self.reader = reader

    def walk(self) -> Walk:
        """Strict."""
        return Walk(1, dec_hook=self.reader.dec_hook)

    async def read(self, request: Any, content_type: bytes | None, values: dict[str, Any]) -> Any:
        """Decode the bytes in one step."""
        body = await request.body()
        if not body:
            return self.empty()
        check_json(content_type, self.media_type)
        return self.reader.read(body)


class MessagePackBodySource(BodySource):
    """A MessagePack body."""

    def __init__(self, reader: MessagePackReader, when_empty: Any = MissingBody) -> None:
        super().__init__(RequestEncodingType.MESSAGEPACK.value, when_empty)
        self.reader = reader

    def walk(self) -> Walk:
        """Strict."""
        return Walk(1, dec_hook=self.reader.dec_hook)

    async def read(self, request: Any, content_type: bytes | None, values: dict[str, Any]) -> Any:
        """Decode the bytes."""
        body = await request.body()
        if not body:
            return self.empty()
        check_exactly(content_type, self.media_type)
        return self.reader.read(body)


class FormBodySource(BodySource):
    """A multipart or URL-encoded form."""

    def __init__(self, media_type: str, reader: FormReader, max_fields: int, when_empty: Any = MissingBody) -> None:
        super().__init__(media_type, when_empty)
        self.reader = reader
        self.max_fields = max_fields

    def walk(self) -> Walk:
        """Lax: fields are text."""
        return Walk(1, lax=True, dec_hook=self.reader.dec_hook)

    async def read(self, request: Any, content_type: bytes | None, values: dict[str, Any]) -> Any:
        """Read the fields, bring them into the shape of the type, convert them."""
        if self.media_type == RequestEncodingType.MULTI_PART:
            if content_type is None and not await request.body():
                return self.empty()
            check_exactly(content_type, self.media_type)
            items = await read_multipart(request, self.max_fields)
        else:
            body = await request.body()
            if not body:
                return self.empty()
            check_exactly(content_type, self.media_type)
            items = read_urlencoded(body, self.max_fields)
        fields, duplicates = fields_for(self.reader.tree, items)
        read = self.reader.read(fields)
        if not duplicates:
            return read
        found = read if isinstance(read, Read) else Read(read, [], [])
        return Read(None, [*duplicates, *found.errors], found.pending, found.is_complete, fields)


class ForeignBodySource(BodySource):
    """A body that Litestar itself decodes: by a DTO that the route declares, or to a type that msgspec does not know.

    Its JSON is screened as any other; of its errors only the first is known.

    Args:
        media_type: what the operation declares.
        extractor: Litestar's.
        max_depth: greatest nesting.
    """

    def __init__(self, media_type: str, extractor: Extractor, max_depth: int) -> None:
        super().__init__(media_type)
        self.extractor = extractor
        self.max_depth = max_depth

    async def read(self, request: Any, content_type: bytes | None, values: dict[str, Any]) -> Any:
        """Screen, then leave it to Litestar."""
        body = b""
        if self.media_type == RequestEncodingType.JSON or self.media_type.endswith("+json"):
            body = await request.body()
            if body:
                check_json(content_type, self.media_type)
                check_depth(body, self.max_depth)
                check_utf8(body)
        try:
            await self.extractor(values, request)
        except SerializationException as error:
            cause = error.__cause__
            if isinstance(cause, msgspec.ValidationError):
                return Read(Empty, [Found(path_in(str(cause)), "invalid")], [])
            raise malformed(cause or error, "JSON", len(body)) from error
        return values["data"]
