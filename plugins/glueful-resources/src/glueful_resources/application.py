"""What all operations of one application share."""

from collections.abc import Iterable, Iterator

from msgspec import UNSET

from .annotations import AnyResource
from .declaration import Shape
from .hookspecs import ResourceSource
from .pages import PageLinker
from .route_links import RouteLinks
from .settings import ResourcesSettings


class ApplicationResources:
    """One application's part of the resources.

    Args:
        settings: wrapping, links and limits.
        sources: from the hook ``glueful_resource_source``.
    """

    def __init__(self, settings: ResourcesSettings | None = None, *, sources: Iterable[ResourceSource] = ()) -> None:
        self.settings = settings or ResourcesSettings()
        self.sources = tuple(sources)
        self.links = RouteLinks(self.settings.base_url)
        self.linker = PageLinker(self.settings.base_url, self.settings.page_parameter, self.settings.cursor_parameter)
        self._shapes: dict[AnyResource, Shape] = {}

    def shape_of(self, resource: AnyResource) -> Shape:
        """A resource as it is compiled for this application.

        Raises:
            ResourceError: it cannot be what it says.
        """
        shape = self._shapes.get(resource)
        if shape is None:
            shape = self._shapes[resource] = Shape(resource, self.sources)
        return shape

    def reachable(self, resource: AnyResource) -> Iterator[Shape]:
        """The shape of a resource and of all that it may contain, each once."""
        waiting, seen = [resource], {resource}
        while waiting:
            shape = self.shape_of(waiting.pop(0))
            yield shape
            children = [plan.child for plan in shape.fields if plan.child is not None and plan.child not in seen]
            seen.update(children)
            waiting.extend(dict.fromkeys(children))

    def wrap_of(self, resource: AnyResource, *, is_many: bool) -> str | None:
        """The member that holds a resource, or a list of them; None for none."""
        options = self.shape_of(resource).options
        wrap = options.wrap_many if is_many and options.wrap_many is not UNSET else options.wrap
        return (self.settings.wrap or None) if wrap is UNSET else wrap
