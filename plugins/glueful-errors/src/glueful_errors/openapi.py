"""Error responses in the OpenAPI document: on each operation those that it can answer."""

from collections.abc import Callable, Mapping
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

from .rendering import ProblemRenderer
from .statuses import text_of

OTHER_ERRORS = "default"
"""The key for every status that is not listed (OpenAPI 3.1 section 4.8.16.1)."""


class ProblemResponses(ReceiveRoutePlugin):
    """Adds error responses to every operation, also in place of those that Litestar would describe in its own format.

    Responses that a route handler declares itself (``responses=``) stay.

    Args:
        renderer: the format.
        contributed: for a handler, what other plugins make it answer.
    """

    def __init__(self, renderer: ProblemRenderer, contributed: Callable[[HTTPRouteHandler], Mapping[int, str]]) -> None:
        self._renderer = renderer
        self._contributed = contributed

    def receive_route(self, route: BaseRoute) -> None:
        """Add the responses to each handler of ``route``. Called by Litestar when a route is registered."""
        if not isinstance(route, HTTPRoute):
            return
        for handler in route.route_handlers:
            if handler.resolve_include_in_schema():
                described = {**self._contributed(handler), **_own_problems(handler, route)}
                ours: dict[Any, ResponseSpec] = {status: self._spec(described[status]) for status in sorted(described)}
                ours[OTHER_ERRORS] = self._spec("Any other error.")
                # A new mapping: the handler is a copy, but shares what it holds with the application's own object.
                handler.responses = {**ours, **(handler.responses or {})}

    def _spec(self, description: str) -> ResponseSpec:
        return ResponseSpec(
            data_container=self._renderer.body_type,
            description=description,
            media_type=self._renderer.media_type,
            generate_examples=False,
        )


def _own_problems(handler: HTTPRouteHandler, route: HTTPRoute) -> dict[int, str]:
    """Status to description, for what follows from the declaration of an operation."""
    statuses = {400, 500}
    if route.path_parameters:
        statuses.add(404)
    if handler.resolve_guards() or handler.resolve_security():
        statuses |= {401, 403}
    if "data" in handler.parsed_fn_signature.parameters:
        statuses |= {413, 415}
    declared = {error.status_code: _summary(error) for error in handler.raises or ()}
    return {**{status: text_of(status).detail for status in statuses}, **declared}


def _summary(error: type[Any]) -> str:
    """The first line of the docstring, as Litestar shows the classes in ``raises=``."""
    lines = (error.__doc__ or "").strip().splitlines()
    return lines[0] if lines else text_of(error.status_code).detail
