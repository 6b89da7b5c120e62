"""The plugin: what glueful-resources adds to an application."""

from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Plugin, hookimpl

from .settings import ResourcesSettings

if TYPE_CHECKING:
    from types import ModuleType


class ResourcesPlugin(Plugin[ResourcesSettings]):
    """Makes responses as resources declare them; see README.

    Essential: without it handlers that return models would show more than their resources do.
    """

    essential = True

    @hookimpl
    def glueful_add_hookspecs(self) -> "ModuleType":
        """How resources read the rows of an ORM."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_litestar_plugins(self) -> list[Any]:
        """Responses, and their part of the published schema."""
        from .application import ApplicationResources
        from .litestar_plugin import ResourceResponses

        sources = [source for _, source in self.hooks.contributions("glueful_resource_source")]
        return [ResourceResponses(ApplicationResources(self.settings, sources=sources))]
