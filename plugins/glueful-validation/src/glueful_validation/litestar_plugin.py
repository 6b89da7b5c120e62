"""The Litestar plugin: takes the place of Litestar's own validation of requests."""

from typing import TYPE_CHECKING, Any

from litestar.plugins import InitPlugin, OpenAPISchemaPluginProtocol, ReceiveRoutePlugin
from litestar.response import Response
from litestar.routes import HTTPRoute

from .application import ApplicationValidation
from .openapi import RuleSchemas
from .operations import install
from .validator import ValidationPassed

if TYPE_CHECKING:
    from litestar.config.app import AppConfig
    from litestar.connection import Request
    from litestar.routes import BaseRoute


class RequestValidation(InitPlugin, ReceiveRoutePlugin):
    """Validates every HTTP operation of an application.

    Args:
        application: what its operations share.
    """

    def __init__(self, application: ApplicationValidation | None = None) -> None:
        self.application = application or ApplicationValidation()

    def on_app_init(self, app_config: "AppConfig") -> "AppConfig":
        """Answer 204 to requests that asked to be validated only. Called by Litestar."""
        app_config.exception_handlers.setdefault(ValidationPassed, no_content)
        _put_first(app_config.plugins, RuleSchemas(self.application.resolve))
        return app_config

    def receive_route(self, route: "BaseRoute") -> None:
        """Install the validation of a route's operations. Called by Litestar."""
        if isinstance(route, HTTPRoute):
            install(route, self.application)


def _put_first(plugins: "list[Any]", schemas: RuleSchemas) -> None:
    """Ask ``schemas`` before Litestar's own schema plugins. The list is being iterated over: nothing may shift."""
    for index, plugin in enumerate(plugins):
        if isinstance(plugin, OpenAPISchemaPluginProtocol) and not isinstance(plugin, InitPlugin):
            plugins[index], schemas = schemas, plugin  # type: ignore[assignment]
            break
    plugins.append(schemas)


def no_content(_request: "Request[Any, Any, Any]", _error: Exception) -> Response[None]:
    """204 with ``Preference-Applied`` (RFC 7240 section 3)."""
    return Response(None, status_code=204, headers={"Preference-Applied": "validate-only", "Vary": "Prefer"})
