"""Reading types: which resource a field or a handler's annotation names, and how many rows."""

import types
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Any, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from litestar.response import Response

from .collection import CursorCollection, PagedCollection, ResourceCollection, ResourceStream
from .resource import Resource

AnyResource: TypeAlias = type[Resource[Any]]
PAGE = {"items", "total", "page", "per_page"}
"""Members of a page by offset, whoever's class it is."""
CURSOR_PAGE = {"items", "next_cursor", "previous_cursor", "per_page"}
"""Members of a page by keyset."""
_COLLECTIONS: dict[Any, str] = {
    ResourceCollection: "many",
    PagedCollection: "page",
    CursorCollection: "cursor",
    ResourceStream: "stream",
}


class Announced(NamedTuple):
    """What an annotation announces."""

    resource: AnyResource
    shape: str
    """``one``, ``many``, ``page``, ``cursor`` or ``stream``."""
    is_optional: bool = False


def is_resource(kind: object) -> bool:
    """Whether ``kind`` is a class of resources."""
    return isinstance(kind, type) and issubclass(kind, Resource)


def without_none(annotation: Any) -> tuple[Any, bool]:
    """An annotation without ``None``, and whether it had it; other unions stay."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    members = [member for member in get_args(annotation) if member is not type(None)]
    rest = Union[tuple(members)] if len(members) > 1 else members[0]  # noqa: UP007 - members are known at run time
    return rest, len(members) < len(get_args(annotation))


def announced(annotation: Any) -> Announced | None:
    """What a handler's return annotation announces; None if it names no resource.

    Args:
        annotation: ``UserResource``, ``list[UserResource]``, ``ResourceCollection[UserResource]``,
            ``Page[UserResource]``, or the type of what is returned with the resource beside it:
            ``Annotated[Page[User], UserResource]``. ``Response[…]`` around any of them.
    """
    named = None
    while (origin := get_origin(annotation)) is Annotated or (
        isinstance(origin, type) and issubclass(origin, Response)
    ):
        annotation, *metadata = get_args(annotation)
        named = next((item for item in metadata if is_resource(item)), named)
    inner, is_optional = without_none(annotation)
    if named is None:
        if is_resource(inner):
            return Announced(inner, "one", is_optional)
        if not (arguments := get_args(inner)) or not is_resource(arguments[0]):
            return None
        named = arguments[0]
    return Announced(named, _shape_of(get_origin(inner) or inner), is_optional)


def _shape_of(container: Any) -> str:
    if container in _COLLECTIONS:
        return _COLLECTIONS[container]
    members = set(_members(container))
    if members >= PAGE:
        return "page"
    if members >= CURSOR_PAGE:
        return "cursor"
    if isinstance(container, type) and issubclass(container, Collection) and not issubclass(container, str | dict):
        return "many"
    return "many" if container in (Iterable, Sequence) else "one"


def _members(container: Any) -> Iterable[str]:
    try:
        return get_type_hints(container)
    except (NameError, TypeError):
        return getattr(container, "__annotations__", ())


def nested(annotation: Any) -> tuple[AnyResource, bool, bool] | None:
    """The resource of a field, whether there are many, and whether the one may be None; None for a plain type."""
    inner, is_optional = without_none(annotation)
    if is_resource(inner):
        return inner, False, is_optional
    arguments = get_args(inner)
    origin = get_origin(inner)
    is_list = isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, dict)
    if is_list and is_resource(arguments[0]):
        return arguments[0], True, is_optional
    return None


def parts(annotation: Any) -> Iterable[Any]:
    """An annotation and everything inside it."""
    yield annotation
    for argument in get_args(annotation):
        yield from parts(argument)
