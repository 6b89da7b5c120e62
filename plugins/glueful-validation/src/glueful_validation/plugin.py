"""The plugin: what glueful-validation adds to an application."""

from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Plugin, hookimpl

from .settings import ValidationSettings

if TYPE_CHECKING:
    from types import ModuleType


class ValidationPlugin(Plugin[ValidationSettings]):
    """Validates requests as their handlers declare and reports every error at once; see README.

    Essential: without it rules, ``authorize`` and limits would silently not apply.
    """

    essential = True

    @hookimpl
    def glueful_add_hookspecs(self) -> "ModuleType":
        """Rules by name, messages, and how database rules find rows."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_litestar_plugins(self) -> list[Any]:
        """The validation of every operation, and its part of the published schema."""
        from .litestar_plugin import RequestValidation
        from .registration import application_validation

        return [RequestValidation(application_validation(self.settings, self.hooks))]
