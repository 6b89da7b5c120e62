"""The schema of a type as msgspec encodes its values; Litestar's where that is the same."""

import datetime as dt
import decimal
import types
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

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


def schema_of(annotation: Any, creator: "SchemaCreator", *, around: frozenset[Any] = frozenset()) -> Schema | Reference:
    """The schema of values of a type on their way out.

    Args:
        annotation: of a field.
        creator: Litestar's.
        around: classes other than resources in whose fields the value stands. Times in them leave as they are, in
            resources in UTC.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any or annotation is object:
        return Schema()
    if annotation is type(None) or annotation is None:
        return Schema(type=OpenAPIType.NULL)
    if around and _is_described_elsewhere(annotation, creator):
        return creator.for_field_definition(FieldDefinition.from_annotation(annotation))
    if annotation is dt.datetime and around:
        formats = [Schema(format="date-time"), Schema(format="date-time-local")]  # type: ignore[arg-type]
        return Schema(type=OpenAPIType.STRING, any_of=[*formats])
    if annotation in _FORMATS:
        return Schema(type=OpenAPIType.STRING, format=_FORMATS[annotation])  # type: ignore[arg-type]
    if annotation in (bytes, bytearray):
        return Schema(type=OpenAPIType.STRING, content_encoding="base64")
    if origin in (Union, types.UnionType):
        members = [argument for argument in arguments if argument is not msgspec.UnsetType]
        schemas = [schema_of(member, creator, around=around) for member in members]
        return schemas[0] if len(schemas) == 1 else Schema(any_of=schemas)
    if origin is Annotated:
        inner = schema_of(arguments[0], creator, around=around)
        plain = creator.for_field_definition(FieldDefinition.from_annotation(annotation))
        return plain if get_origin(arguments[0]) is None and arguments[0] not in _FORMATS else inner
    if origin is Literal or not isinstance(origin, type):
        return _of_class(annotation, creator, around)
    if issubclass(origin, Mapping):
        values = schema_of(arguments[1], creator, around=around) if len(arguments) == 2 else Schema()
        return Schema(type=OpenAPIType.OBJECT, additional_properties=values)
    if issubclass(origin, tuple) and Ellipsis not in arguments:
        items = [schema_of(argument, creator, around=around) for argument in arguments]
        return Schema(type=OpenAPIType.ARRAY, prefix_items=items, min_items=len(items), max_items=len(items))
    if issubclass(origin, Sequence | AbstractSet):
        return Schema(type=OpenAPIType.ARRAY, items=schema_of(arguments[0], creator, around=around))
    return _of_class(annotation, creator, around)


def _is_described_elsewhere(annotation: Any, creator: "SchemaCreator") -> bool:
    """Whether a plugin that is not Litestar's own knows a type, such as that of glueful-validation."""
    plugin = creator.get_plugin_for(FieldDefinition.from_annotation(annotation))
    return plugin is not None and not type(plugin).__module__.startswith("litestar.")


class _Encoded(NamedTuple):
    """A class as msgspec encodes it."""

    fields: dict[str, Any]
    """Annotations by name in JSON."""
    is_array: bool
    tag: str | int | None


def _encoded(annotation: Any) -> _Encoded | None:
    """The fields of a Struct, dataclass, typed dict or named tuple, in order; None for any other type."""
    try:
        info = msgspec.inspect.type_info(annotation)
    except TypeError:
        return None
    if isinstance(info, msgspec.inspect.StructType):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(annotation)}
        return _Encoded(fields, info.array_like, info.tag)
    if isinstance(info, msgspec.inspect.DataclassType | msgspec.inspect.TypedDictType | msgspec.inspect.NamedTupleType):
        hints = get_type_hints(info.cls, include_extras=True)
        fields = {field.encode_name: hints[field.name] for field in info.fields}
        return _Encoded(fields, isinstance(info, msgspec.inspect.NamedTupleType), None)
    return None


def _of_class(annotation: Any, creator: "SchemaCreator", around: frozenset[Any]) -> Schema | Reference:
    """What Litestar makes of a class, with the fields as they leave; of any other type, what Litestar makes of it."""
    definition = FieldDefinition.from_annotation(annotation)
    found = _encoded(annotation)
    if found is None or _is_described_elsewhere(annotation, creator):
        return creator.for_field_definition(definition)
    if annotation in around:  # it contains itself, and is being described
        return Schema(type=OpenAPIType.ARRAY) if found.is_array else creator.for_field_definition(definition)
    around |= {annotation}
    if found.is_array:
        return _array(found, creator, around)
    made = creator.for_field_definition(definition)
    schema = creator.schema_registry.from_reference(made).schema if isinstance(made, Reference) else made
    for name, kind in found.fields.items():
        before = (schema.properties or {}).get(name)
        described = schema_of(kind, creator, around=around)
        if isinstance(before, Schema) and isinstance(described, Schema):
            for name_of_keyword in ("default", "description", "examples", "title"):
                setattr(described, name_of_keyword, getattr(before, name_of_keyword))
        schema.properties = {**(schema.properties or {}), name: described}
    return made


def _array(found: _Encoded, creator: "SchemaCreator", around: frozenset[Any]) -> Schema:
    """Places in the order of the fields; msgspec writes all of them."""
    tag = [] if found.tag is None else [Schema(const=found.tag)]
    places = [*tag, *(schema_of(kind, creator, around=around) for kind in found.fields.values())]
    return Schema(type=OpenAPIType.ARRAY, prefix_items=places, min_items=len(places), max_items=len(places))
