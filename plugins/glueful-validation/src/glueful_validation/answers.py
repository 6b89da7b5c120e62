"""From errors as they were found to the answer that names them."""

from collections.abc import Mapping, Sequence

from .errors import FieldError, ValidationFailed
from .messages import Messages
from .pointer import Path, to_pointer
from .shape.walk import Found

MAX_POINTER = 1_000
"""Characters of a pointer: names of members come from the request, and an answer is not to grow with them."""


def answer(
    found: Sequence[Found], *, limit: int, is_complete: bool, messages: Messages, locale: str, own: Mapping[str, str]
) -> ValidationFailed:
    """Put errors into words.

    Args:
        found: all errors, those of the body after those of parameters.
        limit: how many are listed.
        is_complete: False if there are more than ``found``.
        messages: catalogues.
        locale: which of them.
        own: messages of the body's type, by ``field.code``, ``items.*.price.min`` or ``code``.
    """
    errors = [_field_error(error, messages, locale, own) for error in found[:limit]]
    return ValidationFailed(errors, is_complete=is_complete and len(found) <= limit, locale=locale)


def _field_error(found: Found, messages: Messages, locale: str, own: Mapping[str, str]) -> FieldError:
    declared = _own_message(found, own) or found.message
    message = messages.text(found.code, found.params, locale, declared, found.default, found.variant)
    if found.location == "body":
        return FieldError(code=found.code, message=message, pointer=_pointer(found.path), params=found.params)
    name, *inside = found.path
    params = {**found.params, "index": inside[0]} if inside else found.params
    return FieldError(code=found.code, message=message, location=found.location, name=str(name), params=params)


def _pointer(path: Path) -> str:
    """The place, or where its names are too long the nearest one around it."""
    pointer = to_pointer(path)
    while len(pointer) > MAX_POINTER:
        path = path[:-1]
        pointer = to_pointer(path)
    return pointer


def _own_message(found: Found, own: Mapping[str, str]) -> str | None:
    return own.get(f"{_dotted(found.path)}.{found.code}") or own.get(found.code)


def _dotted(path: Path) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in path)
