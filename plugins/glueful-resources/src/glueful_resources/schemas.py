"""The schema of a type as msgspec encodes its values; Litestar's where that is the same."""

import datetime as dt
import decimal
import types
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from litestar.openapi.spec import Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.typing import FieldDefinition

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

_FORMATS: dict[type, str | None] = {
    dt.datetime: "date-time",
    dt.date: "date",
    dt.time: None,  # "time" needs a zone (RFC 3339)
    dt.timedelta: None,  # "duration" knows neither fractions nor negative ones (RFC 3339, appendix A)
    decimal.Decimal: "decimal",
}


def schema_of(annotation: Any, creator: "SchemaCreator") -> Schema | Reference:
    """The schema of values of a type on their way out.

    Args:
        annotation: of a field.
        creator: Litestar's.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any or annotation is object:
        return Schema()
    if annotation is type(None) or annotation is None:
        return Schema(type=OpenAPIType.NULL)
    if annotation in _FORMATS:
        return Schema(type=OpenAPIType.STRING, format=_FORMATS[annotation])  # type: ignore[arg-type]
    if annotation in (bytes, bytearray):
        return Schema(type=OpenAPIType.STRING, content_encoding="base64")
    if origin in (Union, types.UnionType):
        members = [argument for argument in arguments if argument is not msgspec.UnsetType]
        schemas = [schema_of(member, creator) for member in members]
        return schemas[0] if len(schemas) == 1 else Schema(any_of=schemas)
    if origin is Annotated:
        inner = schema_of(arguments[0], creator)
        plain = creator.for_field_definition(FieldDefinition.from_annotation(annotation))
        return plain if get_origin(arguments[0]) is None and arguments[0] not in _FORMATS else inner
    if origin is Literal or not isinstance(origin, type):
        return creator.for_field_definition(FieldDefinition.from_annotation(annotation))
    if issubclass(origin, Mapping):
        values = schema_of(arguments[1], creator) if len(arguments) == 2 else Schema()
        return Schema(type=OpenAPIType.OBJECT, additional_properties=values)
    if issubclass(origin, tuple) and Ellipsis not in arguments:
        items = [schema_of(argument, creator) for argument in arguments]
        return Schema(type=OpenAPIType.ARRAY, prefix_items=items, min_items=len(items), max_items=len(items))
    if issubclass(origin, Sequence | AbstractSet):
        return Schema(type=OpenAPIType.ARRAY, items=schema_of(arguments[0], creator))
    return creator.for_field_definition(FieldDefinition.from_annotation(annotation))
