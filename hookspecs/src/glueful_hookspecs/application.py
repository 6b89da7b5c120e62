"""Contribution hooks of the kernel: what a plugin adds to an application.

All run once, at boot, before any event loop; each plugin's implementation after those of the plugins that it requires.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .markers import hook
from .values import Staged

if TYPE_CHECKING:
    import svcs
    from litestar.config.app import AppConfig
    from litestar.di import Provide
    from litestar.openapi.config import OpenAPIConfig
    from litestar.plugins import PluginProtocol
    from litestar.types import ControllerRouterHandler, ExceptionHandler, Guard


@hook("contribution", since="0.1")
def glueful_add_hookspecs() -> object:
    """Declare hook specifications of the plugin's own.

    When: first of all hooks, before the other plugins' implementations are checked against specifications.
    Order: plugins in dependency order.
    Errors: fail the plugin.
    Returns: a module or object with ``@hook`` functions, by convention the plugin's ``hookspecs`` module.
    """
    return None


@hook("contribution", since="0.1")
def glueful_services(services: "svcs.Registry") -> None:
    """Register shared objects, keyed by type.

    When: an application is being built; not for ``glueful --help``.
    Order: plugins in dependency order.
    Errors: fail the plugin. Registering a type that another plugin registered is a conflict, unless the plugin
        declares it in ``overrides``.
    Returns: nothing; what matters is what was registered.

    Args:
        services: the registry; ``on_registry_close`` runs at shutdown, in reverse order; a
            ``ping`` becomes a health check.
    """


@hook("contribution", since="0.1")
def glueful_routes() -> "Sequence[ControllerRouterHandler]":
    """Add route handlers, controllers or routers.

    When: an application is being built.
    Order: plugins in dependency order; the application's own routes come after them.
    Errors: fail the plugin. A path and method that another plugin serves is a conflict.
    Returns: what Litestar's ``route_handlers=`` takes.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_middleware() -> Sequence[Staged]:
    """Add middlewares, each at a stage.

    When: an application is being built.
    Order: by stage, outermost first; within a stage plugins in dependency order.
    Errors: fail the plugin.
    Returns: ``Staged(Stage.X, middleware)`` for each.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_exception_handlers() -> "Mapping[int | type[Exception], ExceptionHandler[Any]]":
    """Handle exceptions that leave a route handler, guard, dependency or middleware.

    When: an application is being built.
    Order: the application's own handlers win over any plugin's.
    Errors: fail the plugin. A class or status that another plugin handles is a conflict.
    Returns: what Litestar's ``exception_handlers=`` takes.
    """
    return {}


@hook("contribution", since="0.1")
def glueful_dependencies() -> "Mapping[str, Provide]":
    """Add dependencies that route handlers may ask for by name.

    When: an application is being built.
    Order: the application's own dependencies win over any plugin's.
    Errors: fail the plugin. A name that another plugin provides is a conflict.
    Returns: what Litestar's ``dependencies=`` takes.
    """
    return {}


@hook("contribution", since="0.1")
def glueful_guards() -> "Sequence[Guard]":
    """Add guards to every route of the application.

    When: an application is being built; a guard itself runs before each route handler.
    Order: plugins in dependency order, then the application's own.
    Errors: fail the plugin.
    Returns: what Litestar's ``guards=`` takes.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_litestar_plugins() -> "Sequence[PluginProtocol]":
    """Add ordinary Litestar plugins (serialization, dependency injection, OpenAPI schemas, routes received).

    When: an application is being built, before Litestar initialises its plugins.
    Order: plugins in dependency order, after the application's own.
    Errors: fail the plugin.
    Returns: what Litestar's ``plugins=`` takes.
    """
    return ()


@hook("contribution", since="0.1")
def glueful_openapi(config: "OpenAPIConfig") -> None:
    """Change the OpenAPI configuration: tags, security schemes, webhooks, components.

    When: an application with OpenAPI is being built, after routes are known.
    Order: plugins in dependency order.
    Errors: fail the plugin.
    Returns: nothing; change ``config`` in place.

    Args:
        config: the application's configuration object; a copy that belongs to this application.
    """


@hook("contribution", since="0.1")
def glueful_configure(app_config: "AppConfig") -> None:
    """Change anything else of the application: the last resort.

    When: last of the contribution hooks.
    Order: plugins in dependency order.
    Errors: fail the plugin. Removing another plugin's middleware, guard or exception handler stops the start.
    Returns: nothing; change ``app_config`` in place, never rebind its lists.

    Args:
        app_config: Litestar's configuration, already filled by the hooks above.
    """
