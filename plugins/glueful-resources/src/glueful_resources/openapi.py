"""The document of the API: exact schemas of resources, what stands around them, and the parameters that choose."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from .annotations import is_resource
from .application import ApplicationResources
from .declaration import FieldPlan
from .fields import Links
from .pages import CursorMeta, PageLinks, PageMeta
from .schemas import schema_of
from .streaming import NDJSON

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

    from .operation import OperationResources


class ResourceSchemas(OpenAPISchemaPlugin):
    """Describes resources as components.

    Args:
        application: where they are compiled.
    """

    def __init__(self, application: ApplicationResources) -> None:
        self._application = application

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether a field is a resource."""
        return is_resource(field_definition.annotation)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """The component of a resource, without what stands around it."""
        shape = self._application.shape_of(field_definition.annotation)
        schema = schema_creator.create_component_schema(
            field_definition, required=[], property_fields={}, title=shape.resource.__name__
        )
        is_whole = not shape.options.sparse
        schema.required = sorted(p.json_name for p in shape.fields if is_whole and p.is_required) or None
        schema.properties = {plan.json_name: _property(plan, schema_creator) for plan in shape.fields}
        schema.additional_properties = False
        description = (shape.resource.__dict__.get("__doc__") or "").strip().partition("\n\n")[0]
        schema.description = " ".join(description.split()) or None
        return schema


def _property(plan: FieldPlan, creator: "SchemaCreator") -> Schema | Reference:
    if plan.annotation is Links:
        names = list(plan.spec.routes or {})
        link = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.URI_REFERENCE)
        return Schema(
            type=OpenAPIType.OBJECT,
            properties=dict.fromkeys(names, link),
            required=names,
            additional_properties=False,
            description=plan.spec.description,
        )
    schema = schema_of(plan.annotation, creator)
    if plan.spec.description is None:
        return schema
    if isinstance(schema, Reference):
        schema = Schema(all_of=[schema])
    schema.description = plan.spec.description
    return schema


def response_schema(operation: "OperationResources", creator: "SchemaCreator") -> Schema | Reference:
    """The schema of an operation's responses."""
    announced, envelope = operation.announced, operation.envelope
    resource: Schema | Reference = creator.for_field_definition(FieldDefinition.from_annotation(announced.resource))
    if announced.shape != "one":
        resource = Schema(type=OpenAPIType.ARRAY, items=resource)
    elif announced.is_optional:
        resource = Schema(any_of=[resource, Schema(type=OpenAPIType.NULL)])
    if envelope.wrap is None:
        return resource
    properties: dict[str, Schema | Reference] = {envelope.wrap: resource}
    required = [envelope.wrap]
    if announced.shape in ("page", "cursor"):
        meta = PageMeta if announced.shape == "page" else CursorMeta
        properties |= {"meta": schema_of(meta, creator), "links": schema_of(PageLinks, creator)}
        required += ["meta", "links"]
    if envelope.additional is not None:
        for field in msgspec.structs.fields(envelope.additional):
            properties[field.encode_name] = schema_of(field.type, creator)
            if not _may_be_unset(field.type):
                required.append(field.encode_name)
    return Schema(type=OpenAPIType.OBJECT, properties=properties, required=sorted(required))


def _may_be_unset(annotation: Any) -> bool:
    return msgspec.UnsetType in getattr(annotation, "__args__", ())


def documented(base: type[Operation], operation: "OperationResources") -> type[Operation]:
    """An ``operation_class`` like ``base`` that also describes selections, links to pages and NDJSON.

    Args:
        base: the handler's own.
        operation: what is described.
    """

    @dataclass
    class ResourceOperation(base):  # type: ignore[misc, valid-type]
        """One operation of the document."""

        def __post_init__(self) -> None:
            """Add what the handler's signature does not say."""
            if hasattr(super(), "__post_init__"):
                super().__post_init__()
            given: list[Any] = list(self.parameters or ())
            own = {(p.name, p.param_in) for p in given if isinstance(p, Parameter)}
            added = [p for p in parameters_of(operation) if (p.name, p.param_in) not in own]
            self.parameters: list[Any] | None = [*given, *added] or None
            for status, response in (self.responses or {}).items():
                if status.startswith("2") and isinstance(response, OpenAPIResponse):
                    _describe(response, operation)

    return ResourceOperation


def _describe(response: OpenAPIResponse, operation: "OperationResources") -> None:
    shape = operation.announced.shape
    if shape in ("page", "cursor"):
        link = OpenAPIHeader(
            schema=Schema(type=OpenAPIType.STRING),
            description="Other pages (RFC 8288).",
        )
        response.headers = {**(response.headers or {}), "Link": link}
    if shape == "stream" and response.content:
        item = next(iter(response.content.values())).schema
        line = item.items if isinstance(item, Schema) else None
        response.content = {**response.content, NDJSON: OpenAPIMediaType(schema=line)}


def parameters_of(operation: "OperationResources") -> list[Parameter]:
    """``fields[…]`` and ``include``, as lists separated by commas."""
    found = []
    for kind, plans in sorted(operation.offer.fields.items()):
        # The document is the same for everybody, and so are the fields that it lists.
        names = sorted({plan.json_name for plan in plans if not plan.guards})
        found.append(_list(f"fields[{kind}]", names, f"The fields of {kind} to answer with; all by default."))
    if operation.offer.includes:
        paths = sorted(operation.offer.includes)
        found.append(_list("include", paths, "Relations to answer with, as paths separated by dots."))
    return found


def _list(name: str, allowed: list[str], description: str) -> Parameter:
    return Parameter(
        name=name,
        param_in="query",
        description=description,
        required=False,
        style="form",
        explode=False,
        schema=Schema(
            type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING, enum=allowed), min_items=1, unique_items=True
        ),
    )
