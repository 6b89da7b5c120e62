"""The registry of exception classes that are no ``HTTPException``: how each is answered."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from glueful_hookspecs import Contribution
from litestar.exceptions import HTTPException

from .errors import ErrorMappingConflict, ErrorMappingInvalid


class ErrorMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the exceptions of one class are answered; see ``glueful_error_mappings``."""

    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
    title: str = ""
    type: str = ""
    detail: Any = ""
    """Text, or a function of the exception that returns text."""
    errors: Any = None
    """A function of the exception that returns a sequence of ``ErrorDetail``."""
    headers: Any = None
    """A function of the exception that returns a mapping of header fields."""
    override: bool = False
    """True to replace what another plugin says of the class."""


class ErrorMappings:
    """The mappings of all plugins; the nearest class in the method resolution order wins.

    Args:
        contributions: what the plugins returned from ``glueful_error_mappings``.

    Raises:
        ErrorMappingInvalid: a plugin returned something else than the hook asks for.
        ErrorMappingConflict: two plugins map one class, and the later one does not say ``override``.
    """

    def __init__(self, contributions: Iterable[Contribution] = ()) -> None:
        self._owners: dict[type[Exception], str] = {}
        self._mappings: dict[type, ErrorMapping] = {}
        for plugin, contributed in contributions:
            if not isinstance(contributed, Mapping):
                raise ErrorMappingInvalid(plugin, contributed, "it is no mapping")
            for error, raw in contributed.items():
                self._add(plugin, error, raw)

    def _add(self, plugin: str, error: object, raw: object) -> None:
        if not (isinstance(error, type) and issubclass(error, Exception)):
            raise ErrorMappingInvalid(plugin, error, "the key is no exception class")
        try:
            mapping = msgspec.convert(raw, ErrorMapping)
        except msgspec.ValidationError as invalid:
            raise ErrorMappingInvalid(plugin, error, str(invalid)) from invalid
        for field in ("errors", "headers"):
            if getattr(mapping, field) is not None and not callable(getattr(mapping, field)):
                raise ErrorMappingInvalid(plugin, error, f"{field!r} is no function of the exception")
        if not isinstance(mapping.detail, str) and not callable(mapping.detail):
            raise ErrorMappingInvalid(plugin, error, "'detail' is neither text nor a function of the exception")
        other = self._owners.get(error)
        if other is not None and not mapping.override:
            raise ErrorMappingConflict(plugin, other, error)
        self._owners[error] = plugin
        self._mappings[error] = mapping

    def nearest(self, error: type[BaseException]) -> ErrorMapping | None:
        """The mapping of the nearest class of ``error``; None where that is ``HTTPException``, or there is none."""
        for kind in error.__mro__:
            if kind in self._mappings:
                return self._mappings[kind]
            if kind is HTTPException:
                return None
        return None
