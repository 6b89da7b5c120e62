"""Content types that an operation reads, and what else the headers of a request say about its body."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from .errors import UnsupportedCharset, UnsupportedContentEncoding, UnsupportedContentType

_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


class MediaType(NamedTuple):
    """A content type without its parameters, and the parameters in lower case."""

    essence: str
    parameters: dict[str, str]


def read_headers(headers: Iterable[tuple[bytes, bytes]], declared: str) -> tuple[bytes | None, bytes | None]:
    """What headers say about a body.

    Args:
        headers: of the ASGI scope, names in lower case.
        declared: the media type of the operation.

    Returns:
        ``Content-Type`` and ``Prefer``, None for one that was not sent.

    Raises:
        UnsupportedContentEncoding: the body is compressed.
        UnsupportedContentType: there are two content types.
    """
    content_type = prefer = None
    for name, value in headers:
        if name == b"content-type":
            if content_type is not None:
                raise UnsupportedContentType(declared)
            content_type = value
        elif name == b"content-encoding":
            if value.strip().lower() not in (b"", b"identity"):
                raise UnsupportedContentEncoding
        elif name == b"prefer":
            prefer = value if prefer is None else prefer + b"," + value
    return content_type, prefer


def read_prefer(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """``Prefer`` of a request without a body, None if it was not sent.

    Args:
        headers: of the ASGI scope, names in lower case.
    """
    found = [value for name, value in headers if name == b"prefer"]
    return b",".join(found) if found else None


@lru_cache(256)
def parse_media_type(value: bytes) -> MediaType:
    """Read a ``Content-Type`` field (RFC 9110 section 8.3.1). What cannot be read is an essence that nobody accepts."""
    essence, *rest = value.decode("latin-1").split(";")
    parameters = {}
    for item in rest:
        name, _, content = item.partition("=")
        parameters[name.strip().lower()] = content.strip().strip('"').lower()
    return MediaType(essence.strip().lower(), parameters)


def check_json(content_type: bytes | None, declared: str) -> None:
    """Let ``application/json``, any ``+json`` type and the declared one pass.

    Anything else is refused also because a cross-site form can send it without being asked (ASVS 3.5.2).

    Args:
        content_type: the field's value, None if it was not sent.
        declared: the media type of the operation.

    Raises:
        UnsupportedContentType: it is another one.
        UnsupportedCharset: the charset is not UTF-8.
    """
    if content_type == b"application/json":
        return
    media_type = parse_media_type(content_type or b"")
    is_json = media_type.essence == "application/json" or (
        media_type.essence.startswith("application/") and media_type.essence.endswith("+json")
    )
    if not is_json and media_type.essence != declared:
        raise UnsupportedContentType(declared)
    if media_type.parameters.get("charset", "utf-8") not in _UTF8:
        raise UnsupportedCharset(detail=UnsupportedCharset.detail)


def check_exactly(content_type: bytes | None, declared: str) -> None:
    """Let the declared content type pass and no other.

    Raises:
        UnsupportedContentType: it is another one.
    """
    if parse_media_type(content_type or b"").essence != declared:
        raise UnsupportedContentType(declared)


def prefers_validation_only(prefer: bytes) -> bool:
    """Whether a ``Prefer`` field (RFC 7240) asks for ``validate-only``."""
    if len(prefer) > 1_024:
        return False
    preferences = prefer.decode("latin-1").lower().split(",")
    return any(item.split(";")[0].strip() == "validate-only" for item in preferences)
