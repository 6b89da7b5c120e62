"""Addresses of routes by name, filled in for each row."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .errors import RouteUnknown
from .fields import Route

if TYPE_CHECKING:
    from litestar import Litestar


class RouteLinks:
    """The links of one application; routes are looked up when all of them are registered.

    Args:
        base_url: put before each path.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._templates: dict[tuple[str, frozenset[str]], RouteLink] = {}

    def template(self, route: Route) -> "RouteLink":
        """What makes the address of a route out of its parameters."""
        key = (route.name, frozenset(route.parameters))
        return self._templates.setdefault(key, RouteLink(route, self._base_url))

    def resolve(self, app: "Litestar") -> None:
        """Look up the routes.

        Raises:
            RouteUnknown: there is no such route, or none with just these path parameters.
        """
        for template in self._templates.values():
            template.resolve(app)


class RouteLink:
    """The address of one route.

    Args:
        route: which.
        base_url: put before the path.
    """

    def __init__(self, route: Route, base_url: str) -> None:
        self._route = route
        self._base_url = base_url
        self._fill: Callable[..., str] | None = None

    def __call__(self, **parameters: Any) -> str:
        """The address for one row: a URI reference (RFC 3986)."""
        if self._fill is None:
            raise RouteUnknown(self._route.name, "links exist once the application has started")
        return self._fill(**parameters)

    def resolve(self, app: "Litestar") -> None:
        """Find the path of the route.

        Raises:
            RouteUnknown: there is none.
        """
        name, wanted = self._route.name, set(self._route.parameters)
        if app.get_handler_index_by_name(name) is None:
            raise RouteUnknown(f"the link to {name!r}", "there is no route of this name")
        routes = [route for route in app.routes for handler in _handlers(route) if handler.name == name]
        route = next((route for route in routes if set(route.path_parameters) == wanted), None)
        if route is None:
            known = sorted({parameter for route in routes for parameter in route.path_parameters})
            raise RouteUnknown(f"the link to {name!r}", f"its path parameters are {', '.join(known) or 'none'}")
        parts = [part if isinstance(part, str) else part.name for part in route.path_components]
        is_filled = [not isinstance(part, str) for part in route.path_components]
        base = self._base_url

        def fill(**parameters: Any) -> str:
            segments = (quote(str(parameters[p]), safe="") if f else p for p, f in zip(parts, is_filled, strict=True))
            return f"{base}/{'/'.join(segments)}"

        self._fill = fill


def _handlers(route: Any) -> list[Any]:
    return list(getattr(route, "route_handlers", ()))
