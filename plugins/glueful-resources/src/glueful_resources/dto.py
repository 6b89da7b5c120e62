"""Litestar's seam for return values: a DTO that makes documents out of what handlers return."""

from typing import TYPE_CHECKING, Any, ClassVar

from litestar.dto import AbstractDTO

from .openapi import response_schema
from .operation import OperationResources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.openapi.spec import Reference, Schema
    from litestar.typing import FieldDefinition


class ResourceDTO(AbstractDTO[Any]):
    """The ``return_dto`` of an operation that announces a resource; one class for each operation."""

    operation: ClassVar[OperationResources]

    @classmethod
    def is_supported_model_type_field(cls, field_definition: "FieldDefinition") -> bool:
        """Whatever the annotation was when the class was made for it."""
        return True

    @classmethod
    def create_for_field_definition(cls, field_definition: Any, handler_id: str, backend_cls: Any = None) -> None:
        """Nothing: the operation is compiled already."""

    def data_to_encodable_type(self, data: Any) -> Any:
        """The document, or what Litestar awaits for it."""
        return self.operation.respond(data, self.asgi_connection)  # type: ignore[arg-type]

    @classmethod
    def create_openapi_schema(
        cls, field_definition: "FieldDefinition", handler_id: str, schema_creator: "SchemaCreator"
    ) -> "Reference | Schema":
        """The schema of the operation's responses."""
        return response_schema(cls.operation, schema_creator)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> "Iterator[Any]":  # type: ignore[override]
        """Nothing: resources are no data transfer objects of Litestar's."""
        return iter(())

    @classmethod
    def detect_nested_field(cls, field_definition: "FieldDefinition") -> bool:
        """Nothing is nested in Litestar's terms."""
        return False


def dto_for(operation: OperationResources) -> type[ResourceDTO]:
    """The DTO of one operation."""
    return type(f"ResourceDTO[{operation.resource.__name__}]", (ResourceDTO,), {"operation": operation})
