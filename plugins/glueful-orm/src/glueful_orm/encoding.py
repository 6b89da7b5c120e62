"""How models leave: Litestar's encoder for them, and their schema in OpenAPI."""

from typing import TYPE_CHECKING, Annotated, Any, Optional

from litestar.config.app import AppConfig
from litestar.params import BodyKwarg
from litestar.plugins import InitPlugin, OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from piccolo.columns.base import Column
from piccolo.columns.column_types import JSON, JSONB, Array, ForeignKey, Varchar

from .model.model import Model

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.openapi.spec import Schema


class ModelEncoding(InitPlugin, OpenAPISchemaPlugin):
    """Models that handlers return are encoded, and described, without their hidden columns."""

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Register the encoder."""
        app_config.type_encoders = {Model: encode_model, **(app_config.type_encoders or {})}
        return app_config

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether a type is a model."""
        return not field_definition.is_union and field_definition.is_subclass_of(Model)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> "Schema":
        """A component with a property for each column that is not hidden; relations are added when they are loaded."""
        model: type[Model] = field_definition.annotation
        shown = [column for column in model._meta.columns if column._meta.name not in model.hidden]
        return schema_creator.create_component_schema(
            field_definition,
            required=sorted(column._meta.name for column in shown),
            property_fields={
                column._meta.name: FieldDefinition.from_annotation(annotation(column), name=column._meta.name)
                for column in shown
            },
        )


def annotation(column: Column) -> Any:
    """The type of a column's values, with what JSON Schema can say about them."""
    if isinstance(column, JSON | JSONB):
        return Any
    kind: Any = column._meta.choices or column.value_type
    if isinstance(column, Array):
        kind = list[annotation(column.base_column)]  # type: ignore[misc]
    elif isinstance(column, ForeignKey):
        kind = column._foreign_key_meta.resolved_target_column.value_type
    length = column.length if isinstance(column, Varchar) else None
    if length or column._meta.help_text:
        kind = Annotated[kind, BodyKwarg(max_length=length, description=column._meta.help_text)]
    return Optional[kind] if column._meta.null else kind  # noqa: UP045 - `kind` is known when this runs only


def encode_model(model: Model) -> dict[str, Any]:
    """What may leave of a model; for ``msgspec.json.encode(enc_hook=…)`` as well."""
    if not (model.hidden or model.appended or getattr(model, "_related", None)):
        return model.__dict__
    return model.visible()
