"""What a request may be refused for, and what a declaration may be wrong about."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec
from glueful_hookspecs import GluefulError
from litestar.exceptions import ClientException


class QueryError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with ``fields`` or ``include``."""

    code: str
    """``unknown_field``, ``unknown_resource``, ``unknown_include``, ``malformed`` or ``too_long``."""
    message: str
    """For people; never contains what was sent."""
    name: str
    """The query parameter, as the document of the API names it."""
    location: str = "query"
    params: Mapping[str, Any] = {}
    """``allowed``: what may stand there."""


class SelectionInvalid(ClientException):
    """``fields`` or ``include`` ask for what the operation does not offer (400).

    Args:
        errors: what is wrong.
    """

    code = "resources.selection"
    detail = "The selection of fields or relations is not one that this operation offers."

    def __init__(self, errors: Sequence[QueryError]) -> None:
        self.errors = tuple(errors)
        super().__init__(detail=self.detail, extra=[msgspec.structs.asdict(error) for error in self.errors])


class ResourceError(GluefulError):
    """A resource that cannot be what it says; stops the start."""

    code = "resources.declaration"


class HiddenColumn(ResourceError):
    """A resource shows a column that its model hides.

    Args:
        place: class and field.
        model: name of the model.
        column: the hidden column.
    """

    code = "resources.hidden_column"

    def __init__(self, place: str, model: str, column: str) -> None:
        self.place, self.model, self.column = place, model, column
        super().__init__(
            what=f"{place} shows {model}.{column}, which the model hides",
            fix="remove the field, or declare it with field(reveals_hidden=True)",
        )


class UnknownAttribute(ResourceError):
    """A field names what its model does not have.

    Args:
        place: class and field.
        model: name of the model.
        attribute: as declared.
        known: what it has.
    """

    code = "resources.unknown_attribute"

    def __init__(self, place: str, model: str, attribute: str, known: Iterable[str]) -> None:
        self.place, self.model, self.attribute = place, model, attribute
        near = get_close_matches(attribute, list(known), 1)
        super().__init__(
            what=f"{place}: {model} has no column, relation or property {attribute!r}",
            fix=f"write {near[0]!r}" if near else "name the attribute in field(...), or make it @computed",
        )


class TypeContradiction(ResourceError):
    """The declared type of a field is not that of its column or relation.

    Args:
        place: class and field.
        why: what is different.
        fix: what to write.
    """

    code = "resources.type"

    def __init__(self, place: str, why: str, fix: str) -> None:
        self.place = place
        super().__init__(what=f"{place}: {why}", fix=fix)


class ResourceMismatch(GluefulError):
    """A handler returned what its annotation does not announce.

    Args:
        expected: the resource of the annotation.
        found: type of what was returned.
    """

    code = "resources.mismatch"

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            what=f"a handler that announces {expected} returned {found}",
            fix="return what the annotation says",
        )


class RouteUnknown(ResourceError):
    """``links`` names a route or a parameter that the application does not have.

    Args:
        place: class and link.
        why: what is missing.
    """

    code = "resources.route_unknown"

    def __init__(self, place: str, why: str) -> None:
        self.place = place
        super().__init__(what=f"{place}: {why}", fix="give the route handler name=..., or correct the link")


for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, Exception) and _error.__module__ == __name__:
        _error.__module__ = "glueful_resources"
