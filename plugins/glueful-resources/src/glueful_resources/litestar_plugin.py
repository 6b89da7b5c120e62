"""The Litestar plugin: handlers may announce and return resources."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from litestar.plugins import InitPlugin, ReceiveRoutePlugin, SerializationPlugin
from litestar.response import Response
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from .annotations import announced, is_resource
from .application import ApplicationResources
from .dto import ResourceDTO, dto_for
from .errors import ResourceError, SelectionInvalid
from .openapi import ResourceSchemas, documented
from .operation import OperationResources
from .response import responding

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.config.app import AppConfig
    from litestar.dto import AbstractDTO
    from litestar.handlers import HTTPRouteHandler
    from litestar.routes import BaseRoute


class ResourceResponses(InitPlugin, SerializationPlugin, ReceiveRoutePlugin):
    """Makes the responses of every operation whose return annotation names a resource.

    Args:
        application: what its operations share.
    """

    def __init__(self, application: ApplicationResources | None = None) -> None:
        self.application = application or ApplicationResources()

    def on_app_init(self, app_config: "AppConfig") -> "AppConfig":
        """Add the schemas, and look up linked routes once all are there. Called by Litestar."""
        app_config.plugins.append(ResourceSchemas(self.application))
        app_config.on_startup = [self._resolve_links, *app_config.on_startup]
        return app_config

    def _resolve_links(self, app: "Litestar") -> None:
        self.application.links.resolve(app)

    def supports_type(self, field_definition: "FieldDefinition") -> bool:
        """Whether a return annotation, or a part of it, is a resource. Called by Litestar."""
        named = (field_definition.annotation, *field_definition.metadata)
        return field_definition.name != "data" and any(is_resource(item) for item in named)

    def create_dto_for_type(self, field_definition: "FieldDefinition") -> "type[AbstractDTO[Any]]":
        """The DTO of an operation. Called by Litestar.

        Raises:
            ResourceError: the annotation says no resource at a place that is known.
        """
        found = announced(field_definition.raw)
        if found is None:
            raise ResourceError(
                f"the return annotation {field_definition.raw} names a resource where none can stand",
                "write UserResource, list[UserResource] or Annotated[…, UserResource]",
            )
        return dto_for(OperationResources(found, self.application, f"the return annotation {field_definition.raw}"))

    def receive_route(self, route: "BaseRoute") -> None:
        """Finish the handlers of a route that announce resources. Called by Litestar."""
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                dto = handler.resolve_return_dto()
                if dto is not None and issubclass(dto, ResourceDTO):
                    self._finish(handler, dto)
                elif handler.parsed_return_field.match_predicate_recursively(self.supports_type):
                    raise ResourceError(
                        f"{handler} announces a resource and has a return_dto", "remove return_dto= from its layers"
                    )

    @staticmethod
    def _finish(handler: "HTTPRouteHandler", dto: type[ResourceDTO]) -> None:
        # The handler is this application's copy.
        handler.response_class = responding(handler.resolve_response_class())
        handler._resolved_response_class = handler.response_class  # noqa: SLF001 - resolved a line above
        if handler.parsed_return_field.is_subclass_of(Response):
            # Litestar does not await the DTO's value where the annotation is a response.
            anything = FieldDefinition.from_annotation(Any)
            handler._parsed_fn_signature = replace(handler.parsed_fn_signature, return_type=anything)  # noqa: SLF001
        handler.operation_class = documented(handler.operation_class, dto.operation)
        offer = dto.operation.offer
        if offer.fields or offer.includes:
            taken = {"include", "fields"} & handler.parsed_fn_signature.parameters.keys()
            if taken:
                raise ResourceError(
                    f"{handler} has a parameter {min(taken)!r}, which its resource reads itself",
                    "rename the parameter, or remove includes= or sparse= from the resource",
                )
            handler.raises = [*(handler.raises or ()), SelectionInvalid]
