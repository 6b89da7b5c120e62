"""The published schema says what is enforced: constraints and rules at any depth, forbidden members, 64 bits."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_origin

import msgspec
from litestar.openapi.spec import Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from .pipe import NamedRule
from .rules.ecma import END
from .rules.rule import Rule
from .rules.values import DECIMAL
from .shape.classes import Field, fields_of
from .shape.compiler import split
from .support import is_supported

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

_PLAIN: dict[Any, dict[str, Any]] = {
    int: {"type": OpenAPIType.INTEGER, "format": "int64"},
    Decimal: {"type": [OpenAPIType.STRING, OpenAPIType.NUMBER], "format": "decimal", "pattern": f"^{DECIMAL}{END}"},
    bytes: {"type": OpenAPIType.STRING, "contentEncoding": "base64"},
    dt.time: {"type": OpenAPIType.STRING, "format": "time"},
}
"""Types of which Litestar says less than is enforced, or something else."""
_NUMBERS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = {
    OpenAPIType.STRING: ("minLength", "maxLength"),
    OpenAPIType.ARRAY: ("minItems", "maxItems"),
    OpenAPIType.OBJECT: ("minProperties", "maxProperties"),
}

_TEXTS = ("pattern", "title", "description", "examples")
_NO_ALIAS = {"exclusiveMinimum": "exclusive_minimum", "exclusiveMaximum": "exclusive_maximum"}
"""Keywords that Litestar spells right without an alias."""


class RuleSchemas(OpenAPISchemaPlugin):
    """Adds to Litestar's schemas what stands in ``Annotated``.

    Args:
        resolve: turns a rule known by name into the rule.
    """

    def __init__(self, resolve: Callable[[Any], Iterable[Any]]) -> None:
        self._resolve = resolve

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether there is something to add. Not for a union, which Litestar cannot look up as a component."""
        if field_definition.is_union:
            return False
        if any(isinstance(item, msgspec.Meta | Rule | NamedRule) for item in field_definition.metadata):
            return True
        if _is_plain(field_definition) or _is_places(field_definition):
            return True
        members = _Members.of(field_definition)
        return members is not None and (
            members.forbids_unknown or any(_has_to_be_added(field) for field in members.fields)
        )

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """Litestar's schema with the additions."""
        added = self._resolved(field_definition.metadata)
        if any(isinstance(item, msgspec.Meta | Rule) for item in added):
            bare = FieldDefinition.from_annotation(
                field_definition.annotation, name=field_definition.name, default=field_definition.default
            )
            return _with_rules(schema_creator.for_field_definition(bare), added)
        if _is_plain(field_definition):
            return _schema(_PLAIN[field_definition.annotation])
        if _is_places(field_definition):
            places = schema_creator.for_object_type(field_definition)
            places.min_items = places.max_items = len(field_definition.inner_types)
            return places
        return self._object(field_definition, schema_creator)

    def _resolved(self, metadata: Iterable[Any]) -> list[Any]:
        return [item for given in metadata for item in self._resolve(given)]

    def _object(self, definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """What the next plugin that knows such classes makes of one, with what it leaves out."""
        plugins = [plugin for plugin in schema_creator.plugins if plugin is not self]
        plugin = next(plugin for plugin in plugins if schema_creator.plugin_supports_field(plugin, definition))
        schema: Schema = plugin.to_openapi_schema(field_definition=definition, schema_creator=schema_creator)
        members = _Members.of(definition)
        if members is None:
            return schema
        if members.forbids_unknown:
            schema.additional_properties = False
        for field in members.fields:
            annotation, metadata = split(field.annotation)
            added = self._resolved(metadata)
            if schema.properties is not None and _is_union(annotation) and added:
                schema.properties[field.encode_name] = _with_rules(schema.properties[field.encode_name], added)
            for rule in added:
                if (say := getattr(rule, "object_schema", None)) is not None:
                    schema.all_of = [*(schema.all_of or ()), _schema(say(field.name, members))]
        return schema


class _Members:
    """The fields of a class; also what ``object_schema`` of a rule gets to know of them."""

    def __init__(self, fields: Sequence[Field], *, forbids_unknown: bool) -> None:
        self.fields = fields
        self.forbids_unknown = forbids_unknown
        self._by_name = {name: field for field in fields for name in (field.encode_name, field.name)}

    @classmethod
    def of(cls, definition: FieldDefinition) -> "_Members | None":
        """Those of a declared class; None for any other type, and for a class that is sent as an array."""
        kind = definition.type_
        if not isinstance(kind, type) or kind.__module__ == "builtins" or not is_supported(definition.annotation, ""):
            return None
        found = fields_of(definition.annotation, kind)
        if found is None or found.is_positional:
            return None
        config = getattr(kind, "__struct_config__", None)
        return cls(found.fields, forbids_unknown=config is not None and bool(config.forbid_unknown_fields))

    def json_name(self, field: str) -> str:
        """Name in JSON of a field."""
        return self._by_name[field].encode_name

    def default(self, field: str) -> Any:
        """What stands for a field that is not sent."""
        return self._by_name[field].default()


def _has_to_be_added(field: Field) -> bool:
    """Whether Litestar does not ask about what a field declares: rules of a union, and about the object around it."""
    annotation, metadata = split(field.annotation)
    return bool(metadata) and (_is_union(annotation) or any(hasattr(item, "object_schema") for item in metadata))


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _with_rules(made: Schema | Reference, added: Iterable[Any]) -> Schema:
    schema = Schema(all_of=[made]) if isinstance(made, Reference) else made
    for item in added:
        if isinstance(item, msgspec.Meta):
            _add_meta(schema, item)
        elif isinstance(item, Rule):
            _add_keywords(schema, getattr(item, "schema", {}))
    return schema


def _is_plain(field: FieldDefinition) -> bool:
    return field.annotation in _PLAIN and not getattr(field.kwarg_definition, "is_constrained", False)


def _is_places(field: FieldDefinition) -> bool:
    return field.origin is tuple and Ellipsis not in [item.annotation for item in field.inner_types]


def _add_meta(schema: Schema, meta: msgspec.Meta) -> None:
    keywords = {keyword: value for name, keyword in _NUMBERS.items() if (value := getattr(meta, name)) is not None}
    least, most = next((_LENGTHS[kind] for kind in _LENGTHS if kind in _types(schema)), ("minLength", "maxLength"))
    named = {least: "min_length", most: "max_length", **{name: name for name in _TEXTS}}
    keywords.update({keyword: value for keyword, name in named.items() if (value := getattr(meta, name)) is not None})
    if meta.ge is not None or meta.gt is not None or meta.le is not None or meta.lt is not None:
        schema.format = None if schema.format == "int64" else schema.format
    _add_keywords(schema, {**keywords, **(meta.extra_json_schema or {})})


def _types(schema: Schema) -> list[Any]:
    kinds = schema.type if isinstance(schema.type, list | tuple) else [schema.type]
    options = [option for option in schema.one_of or () if isinstance(option, Schema)]
    return [*kinds, *(kind for option in options for kind in _types(option))]


def _add_keywords(schema: Schema, keywords: Mapping[str, Any]) -> None:
    """Keywords of JSON Schema as attributes of Litestar's ``Schema``; a second one of a kind goes into ``allOf``."""
    attributes = Schema.field_aliases()
    for keyword, value in keywords.items():
        attribute = attributes.get(keyword) or _NO_ALIAS.get(keyword, keyword)
        added = _SUBSCHEMAS[keyword](value) if keyword in _SUBSCHEMAS else value
        present = getattr(schema, attribute)
        if present is None or present == added:
            setattr(schema, attribute, added)
        else:
            extra = Schema()
            setattr(extra, attribute, added)
            schema.all_of = [*(schema.all_of or ()), extra]


def _schema(keywords: Mapping[str, Any]) -> Schema:
    schema = Schema()
    _add_keywords(schema, keywords)
    return schema


_SUBSCHEMAS: dict[str, Callable[[Any], Any]] = {
    "if": _schema,
    "then": _schema,
    "properties": lambda members: {name: _schema(member) for name, member in members.items()},
    "not": _schema,
    "items": _schema,
    "anyOf": lambda options: [_schema(option) for option in options],
    "oneOf": lambda options: [_schema(option) for option in options],
    "allOf": lambda options: [_schema(option) for option in options],
}
"""Keywords whose values are schemas themselves."""
