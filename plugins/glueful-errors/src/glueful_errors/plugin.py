"""The plugin: what glueful-errors adds to an application."""

from collections.abc import Mapping
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Plugin, Stage, Staged, hookimpl

from .settings import ErrorsSettings

if TYPE_CHECKING:
    from litestar.config.app import AppConfig
    from litestar.handlers import HTTPRouteHandler
    from litestar.plugins import PluginProtocol
    from litestar.types import ExceptionHandler

    from .rendering import ProblemRenderer
    from .reporting import Reporter


class ErrorsPlugin(Plugin[ErrorsSettings]):
    """Every error of every origin as RFC 9457 problem details; see the README."""

    @hookimpl
    def glueful_add_hookspecs(self) -> ModuleType:
        """The hooks by which other plugins say how their errors are answered."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_exception_handlers(self) -> "dict[type[Exception], ExceptionHandler[Any]]":
        """The handler of everything that no nearer handler takes."""
        from .exception_handler import ProblemHandler
        from .mappings import ErrorMappings

        mappings = ErrorMappings(self.hooks.contributions("glueful_error_mappings"))
        return {Exception: ProblemHandler(self.settings, mappings, self._renderer, self._reporter)}

    @hookimpl(trylast=True)
    def glueful_litestar_plugins(self) -> "list[PluginProtocol]":
        """The error responses of each operation in OpenAPI; last, to see what other plugins add to ``raises=``."""
        from .openapi import ProblemResponses

        return [ProblemResponses(self._renderer, self._operation_problems)]

    @hookimpl
    def glueful_middleware(self) -> list[Staged]:
        """``X-Request-ID`` on every response, if the settings say so; else nothing runs for a request that succeeds."""
        if self.settings.request_id_header == "problems":
            return []
        from .middleware import RequestIdMiddleware

        return [Staged(Stage.TRACE, RequestIdMiddleware())]

    @hookimpl
    def glueful_configure(self, app_config: "AppConfig") -> None:
        """Log what breaks a WebSocket: no exception handler is asked there."""
        app_config.after_exception.append(self._reporter.report_websocket)

    @cached_property
    def _renderer(self) -> "ProblemRenderer":
        from .rendering import the_renderer

        return the_renderer(self.hooks.contributions("glueful_problem_renderer"))

    @cached_property
    def _reporter(self) -> "Reporter":
        from .reporting import Reporter, unreported_classes

        contributed = self.hooks.contributions("glueful_unreported_errors")
        return Reporter(tuple(unreported_classes(self.settings.do_not_report, contributed)))

    def _operation_problems(self, handler: "HTTPRouteHandler") -> Mapping[int, str]:
        problems: dict[int, str] = {}
        for _, contributed in self.hooks.contributions("glueful_operation_problems", handler=handler):
            problems = {**contributed, **problems}
        return problems
