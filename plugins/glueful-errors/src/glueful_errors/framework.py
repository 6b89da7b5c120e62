"""What Litestar itself raises, said again in words that repeat nothing of the request.

Its own texts hold the query string, values and messages of the decoder. An error that the application raises with one
of Litestar's classes keeps its text: it was written for clients.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

import msgspec
from litestar.exceptions import HTTPException, ValidationException

from .problem import ErrorDetail

_SAFE_MESSAGE = re.compile(
    r"Expected `.*"
    r"|Object missing required field `[^`]*`"
    r"|Invalid (?:UUID|decimal string|base64 encoded string|RFC3339 encoded \w+|ISO8601 duration|enum value)\b"
    r"|(?:Number|Integer value) out of range"
)
_MALFORMED = re.compile(r"JSON is malformed: .* \(byte \d+\)|Input data was truncated")


class FrameworkFault(msgspec.Struct, frozen=True, kw_only=True):
    """An error of Litestar's own, in our words."""

    status: int
    code: str = ""
    detail: str = ""
    errors: tuple[ErrorDetail, ...] = ()
    is_our_fault: bool = True


def framework_fault(error: HTTPException, max_errors: int) -> FrameworkFault | None:
    """The fault in our words; None where the application or a plugin raised ``error``.

    Args:
        error: any HTTP exception.
        max_errors: greatest number of entries in ``errors``.
    """
    if isinstance(error, ValidationException) and not hasattr(error, "code") and error.extra:
        return FrameworkFault(
            status=error.status_code,
            code="request.invalid",
            detail="The request does not fit what this operation takes.",
            errors=_validation_errors(error.extra, max_errors),
        )
    if not raised_by_litestar(error) or hasattr(error, "code"):
        return None
    if error.detail == "client disconnected prematurely":
        return FrameworkFault(status=400, code="request.incomplete", is_our_fault=False)
    if error.detail == "Request Entity Too Large":
        return FrameworkFault(status=413)
    decoder_error = error.__cause__.__cause__ if error.__cause__ is not None else None
    if isinstance(decoder_error, msgspec.ValidationError):
        return _undecodable(error.status_code, decoder_error)
    if isinstance(decoder_error, msgspec.DecodeError):
        text = str(decoder_error)
        detail = f"{text}." if _MALFORMED.fullmatch(text) else ""
        return FrameworkFault(status=error.status_code, code="request.malformed", detail=detail)
    if isinstance(error, ValidationException):
        return FrameworkFault(
            status=error.status_code,
            code="request.invalid",
            detail="A parameter that this operation needs is missing or not valid.",
        )
    return FrameworkFault(status=error.status_code)


def raised_by_litestar(error: BaseException) -> bool:
    """Whether the frame that raised ``error`` belongs to Litestar."""
    traceback = error.__traceback__
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return str(traceback.tb_frame.f_globals.get("__name__", "")).startswith("litestar.")


def _undecodable(status: int, error: msgspec.ValidationError) -> FrameworkFault:
    message, _, path = str(error).partition(" - at `$")
    parts = [part for part in re.findall(r"[^.\[\]]+", path.rstrip("`")) if part]
    return FrameworkFault(
        status=status,
        code="request.invalid",
        detail="The request does not fit what this operation takes.",
        errors=(ErrorDetail(code="invalid", message=safe_message(message), pointer=_pointer(parts)),),
    )


def _validation_errors(extra: Any, limit: int) -> tuple[ErrorDetail, ...]:
    entries = extra if isinstance(extra, list) else [extra]
    return tuple(_validation_error(entry) for entry in islice(entries, limit) if isinstance(entry, Mapping))


def _validation_error(entry: Mapping[str, Any]) -> ErrorDetail:
    source = entry.get("source", "body")
    location = str(getattr(source, "value", source))
    key, message = str(entry.get("key", "")), safe_message(str(entry.get("message", "")))
    if location != "body":
        return ErrorDetail(code="invalid", message=message, location=location, name=key)
    parts = [] if key in ("", "data") else key.split(".")
    return ErrorDetail(code="invalid", message=message, pointer=_pointer(parts))


def _pointer(parts: list[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def safe_message(message: str) -> str:
    """The decoder's message, as far as it repeats no value."""
    known = _SAFE_MESSAGE.match(message)
    return f"{known[0]}." if known else "The value is not valid."
