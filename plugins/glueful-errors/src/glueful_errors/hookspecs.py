"""Hooks of glueful-errors. Who does not require it implements them with ``@hookimpl(optionalhook=True)``."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import hook

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from .rendering import ProblemRenderer


@hook("contribution", since="0.1")
def glueful_error_mappings() -> Mapping[type[Exception], Mapping[str, Any]]:
    """Say how exceptions are answered that are no ``HTTPException``.

    When: an application is being built.
    Order: plugins in dependency order. At a request the nearest class in the exception's method resolution order wins.
    Errors: fail the plugin. A class that another plugin maps is a conflict, unless the mapping says
        ``"override": True``.
    Returns: for each class a mapping with ``status`` (int, 400 to 599) and ``code`` (dotted), and if wanted
        ``title``, ``type`` (URI), ``detail`` (text, or a function of the exception that returns text),
        ``errors`` (a function of the exception that returns a sequence of ``ErrorDetail``) and ``headers`` (a function
        of the exception that returns a mapping). The exception's own text is never shown.
    """
    return {}


@hook("contribution", since="0.1")
def glueful_unreported_errors() -> Collection[type[Exception]]:
    """Name exception classes that are answered but not logged.

    When: an application is being built.
    Order: of no importance; the classes are joined with those of the setting ``do_not_report``.
    Errors: fail the plugin.
    Returns: the classes; their subclasses are meant, too. What is answered with a 4xx is never logged as an error.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_problem_renderer() -> "ProblemRenderer | None":
    """Replace the format of error responses.

    When: an application is being built.
    Order: of no importance; two plugins that return a renderer are a conflict.
    Errors: fail the plugin. At a request, an error in the renderer is logged and answered as an internal error.
    Returns: the renderer, or None.
    """
    return None


@hook("contribution", since="0.1")
def glueful_operation_problems(handler: "HTTPRouteHandler") -> Mapping[int, str]:
    """Say which problems a plugin makes an operation answer, for OpenAPI.

    When: a route is registered, for each route handler that is in the schema.
    Order: plugins in dependency order; the first description of a status wins.
    Errors: stop the start.
    Returns: status to description, for example ``{429: "The limit of this operation is used up."}``.

    Args:
        handler: the route handler, bound to its layers.
    """
    return {}
