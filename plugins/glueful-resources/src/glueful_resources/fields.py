"""What a field of a resource is made from, and when it is there."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import MethodType
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from litestar.connection import Request

R = TypeVar("R")
Visible = Callable[["Request[Any, Any, Any]"], bool]
Condition = Callable[[Any, Any], bool]


class Presence(Enum):
    """When a field is part of the answer."""

    ALWAYS = "always"
    NOT_NULL = "not null"
    HAS = "has"
    LOADED = "loaded"
    PIVOT = "pivot"
    MERGED = "merged"


class FieldSpec:
    """What was declared about one field; made by the functions below."""

    def __init__(
        self,
        source: str | None = None,
        *,
        presence: Presence = Presence.ALWAYS,
        name: str | None = None,
        condition: Condition | None = None,
        visible_if: Visible | None = None,
        function: Callable[[Any, Any], Any] | None = None,
        loads: Iterable[str] = (),
        routes: "Mapping[str, Route] | None" = None,
        limit: int | None = None,
        reveals_hidden: bool = False,
        description: str | None = None,
    ) -> None:
        self.source = source
        self.presence = presence
        self.name = name
        self.condition = condition
        self.visible_if = visible_if
        self.function = function
        self.loads = tuple(loads)
        self.routes = routes
        self.limit = limit
        self.reveals_hidden = reveals_hidden
        self.description = description

    def __get__(self, instance: Any, owner: type) -> Any:
        """On a resource that is being made, a computed field is its method."""
        return self if instance is None or self.function is None else MethodType(self.function, instance)


def field(
    source: str | None = None,
    *,
    name: str | None = None,
    visible_if: Visible | None = None,
    reveals_hidden: bool = False,
    description: str | None = None,
) -> Any:
    """A field that differs from its attribute.

    Args:
        source: the attribute; by default the field's own name.
        name: in JSON; by default the field's name as the class renames it.
        visible_if: asked once a response with the request; where it is False, the field does not exist: it cannot
            be selected, and no error names it. Errors in it are the response's.
        reveals_hidden: show a column that the model hides.
        description: for the schema.
    """
    return FieldSpec(source, name=name, visible_if=visible_if, reveals_hidden=reveals_hidden, description=description)


@overload
def computed(function: Callable[[Any, Any], R], /) -> Callable[[Any, Any], R]: ...
@overload
def computed(
    *,
    loads: Iterable[str] = (),
    name: str | None = None,
    when: Condition | None = None,
    visible_if: Visible | None = None,
    description: str | None = None,
) -> Callable[[Callable[[Any, Any], R]], Callable[[Any, Any], R]]: ...
def computed(
    function: Callable[[Any, Any], Any] | None = None,
    /,
    *,
    loads: Iterable[str] = (),
    name: str | None = None,
    when: Condition | None = None,
    visible_if: Visible | None = None,
    description: str | None = None,
) -> Any:
    """A field made by a method ``(self, row)``; its return annotation is its type.

    ``self`` is the resource while one response is made: ``self.request``, ``self.principal``, ``self.context``, and
    what ``prepare`` stored.

    Args:
        function: the method.
        loads: relations that it reads; they are loaded for all rows at once where they are not yet.
        name: in JSON.
        when: as in ``when``.
        visible_if: as in ``field``.
        description: for the schema; by default the first line of the docstring.
    """

    def declare(function: Callable[[Any, Any], Any]) -> FieldSpec:
        text = description or (function.__doc__ or "").strip().partition("\n")[0] or None
        return FieldSpec(
            name=name, condition=when, visible_if=visible_if, function=function, loads=loads, description=text
        )

    return declare if function is None else declare(function)


def when(
    condition: Condition,
    source: str | None = None,
    *,
    name: str | None = None,
    visible_if: Visible | None = None,
    reveals_hidden: bool = False,
) -> Any:
    """A field that is there for some rows.

    Args:
        condition: a function ``(self, row)``, usually a method that stands above in the class.
        source: as in ``field``.
        name: as in ``field``.
        visible_if: as in ``field``.
        reveals_hidden: as in ``field``.
    """
    return FieldSpec(source, name=name, condition=condition, visible_if=visible_if, reveals_hidden=reveals_hidden)


def when_not_null(source: str | None = None, *, name: str | None = None, visible_if: Visible | None = None) -> Any:
    """A field that is left out where the attribute is None."""
    return FieldSpec(source, presence=Presence.NOT_NULL, name=name, visible_if=visible_if)


def when_has(source: str | None = None, *, name: str | None = None, visible_if: Visible | None = None) -> Any:
    """A field that is there where the row has the attribute, whatever its value."""
    return FieldSpec(source, presence=Presence.HAS, name=name, visible_if=visible_if)


def when_counted(relation: str, *, name: str | None = None, visible_if: Visible | None = None) -> Any:
    """The number of related rows, where the query asked ``with_count(relation)``."""
    return when_has(f"{relation}_count", name=name, visible_if=visible_if)


def when_exists_loaded(relation: str, *, name: str | None = None, visible_if: Visible | None = None) -> Any:
    """Whether there are related rows, where the query asked ``with_exists(relation)``."""
    return when_has(f"{relation}_exists", name=name, visible_if=visible_if)


def when_aggregated(
    relation: str, function: str, column: str, *, name: str | None = None, visible_if: Visible | None = None
) -> Any:
    """A function of related rows, where the query asked for it: ``when_aggregated("posts", "sum", "rating")``."""
    return when_has(f"{relation}_{function.lower()}_{column}", name=name, visible_if=visible_if)


def when_loaded(
    relation: str | None = None,
    *,
    name: str | None = None,
    visible_if: Visible | None = None,
    limit: int | None = None,
) -> Any:
    """A relation that is there where it was loaded, or where ``include`` asked for it.

    Args:
        relation: by default the field's own name.
        name: as in ``field``.
        visible_if: as in ``field``.
        limit: greatest number of rows for each owner that ``include`` loads; None for all.
    """
    return FieldSpec(relation, presence=Presence.LOADED, name=name, visible_if=visible_if, limit=limit)


def when_pivot_loaded(source: str | None = None, *, name: str | None = None, visible_if: Visible | None = None) -> Any:
    """A column of the pivot, where the row was found through one."""
    return FieldSpec(source, presence=Presence.PIVOT, name=name, visible_if=visible_if)


def merge_when(condition: Condition, *, visible_if: Visible | None = None) -> Any:
    """The fields of another resource of the same row, side by side with one's own, for some rows.

    ``admin: AdminFields = merge_when(is_admin)``; ``condition`` is as in ``when``, and runs once a row.
    """
    return FieldSpec(presence=Presence.MERGED, condition=condition, visible_if=visible_if)


class Route:
    """A route by name, and which attributes fill its path parameters.

    Args:
        name: of the route handler: ``@get(..., name="users.show")``.
        parameters: path parameter to attribute of the row.
    """

    def __init__(self, name: str, parameters: Mapping[str, str]) -> None:
        self.name = name
        self.parameters = dict(parameters)


def route(name: str, **parameters: str) -> Route:
    """A route for ``links``: ``route("users.show", user_id="id")``; each parameter names an attribute of the row."""
    return Route(name, parameters)


def links(*, name: str | None = None, visible_if: Visible | None = None, **routes: Route) -> Any:
    """URI references to routes by name, as an object: annotate it with ``Links``.

    Args:
        name: in JSON.
        visible_if: as in ``field``.
        routes: name of the link to the route.
    """
    return FieldSpec(name=name, visible_if=visible_if, routes=routes)


class Links:
    """The type of a field that holds ``links``."""


def has_scope(*scopes: str) -> Visible:
    """For ``visible_if``: whether the caller's credential has one of these scopes."""
    return _holds("scopes", frozenset(scopes))


def has_role(*roles: str) -> Visible:
    """For ``visible_if``: whether the caller has one of these roles."""
    return _holds("roles", frozenset(roles))


def _holds(attribute: str, wanted: frozenset[str]) -> Visible:
    def is_visible(request: "Request[Any, Any, Any]") -> bool:
        return bool(wanted & getattr(request.scope.get("user"), attribute, frozenset()))

    return is_visible
