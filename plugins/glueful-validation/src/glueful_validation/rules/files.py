"""Rules for uploaded files."""

# ruff: noqa: ARG002  every rule has the same method

from codecs import getincrementaldecoder
from collections.abc import Collection
from importlib import import_module
from typing import Any

from litestar.datastructures import UploadFile

from ..context import RuleContext
from .rule import Failure, Rule, Verdict

SNIFFED_BYTES = 8_192
"""How much of a file its type is read from."""


class File(Rule):
    """An uploaded file of limited size whose content is of an allowed type, whatever its name and header say.

    Args:
        max_size: greatest size in bytes; the whole body is limited by ``request_max_body_size`` besides.
        types: allowed media types, ``"image/png"`` or ``"image/*"``, compared with what the first bytes show; empty for
            any. Text has no signature: ``"text/*"`` and ``"text/plain"`` mean UTF-8 without NUL.
        message: instead of the catalogue's.
    """

    code = "file"
    applies_to = (UploadFile,)

    def __init__(self, *, max_size: int | None = None, types: Collection[str] = (), message: str | None = None) -> None:
        self.max_size = max_size
        self.types = tuple(types)
        self.message = message
        self.schema: dict[str, Any] = {"contentMediaType": self.types[0]} if len(self.types) == 1 else {}
        sizes = [] if max_size is None else [{"rule": "max_size", "max": max_size}]
        self.schema["x-rules"] = [*sizes, *([{"rule": "file_type", "types": list(self.types)}] if self.types else [])]

    async def check(self, value: UploadFile, context: RuleContext) -> Verdict:
        """Whether size and content fit; the file is left at its start."""
        if self.max_size is not None and _size(value) > self.max_size:
            return Failure("max_size", {"max": self.max_size}, self.message)
        if self.types:
            await value.seek(0)
            head = await value.read(SNIFFED_BYTES)
            await value.seek(0)
            if not any(_covers(allowed, media_type(head)) for allowed in self.types):
                return Failure("file_type", {"types": list(self.types)}, self.message)
        return True


class Image(File):
    """An uploaded PNG, JPEG, GIF, WebP or AVIF. SVG is a document that runs scripts, so it is none."""

    code = "image"

    def __init__(self, *, max_size: int | None = None, message: str | None = None) -> None:
        types = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
        super().__init__(max_size=max_size, types=types, message=message)


def media_type(head: bytes) -> str:
    """The media type that the first bytes of a file show.

    Args:
        head: the beginning of the file, 8 KB are enough.

    Returns:
        ``text/plain`` for UTF-8 without NUL, ``application/octet-stream`` for what is not known.
    """
    filetype: Any = import_module("filetype")
    if kind := filetype.guess_mime(head):
        return str(kind)
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(head, final=len(head) < SNIFFED_BYTES)  # a longer file may go on within a character
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\x00" in text else "text/plain"


def _covers(allowed: str, actual: str) -> bool:
    return actual == allowed or (allowed.endswith("/*") and actual.startswith(allowed[:-1]))


def _size(file: UploadFile) -> int:
    file.file.seek(0, 2)
    size = file.file.tell()
    file.file.seek(0)
    return size
