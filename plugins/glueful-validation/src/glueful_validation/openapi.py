"""The published schema says what is enforced: constraints and rules at any depth, forbidden members, 64 bits."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.openapi.spec import Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from .pipe import NamedRule
from .rules.rule import Rule

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

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
        """Whether there is something to add."""
        if any(isinstance(item, msgspec.Meta | Rule | NamedRule) for item in field_definition.metadata):
            return True
        return self._is_plain_integer(field_definition) or self._forbids_unknown(field_definition)

    @staticmethod
    def _is_plain_integer(field: FieldDefinition) -> bool:
        return field.annotation is int and not getattr(field.kwarg_definition, "is_constrained", False)

    @staticmethod
    def _forbids_unknown(field: FieldDefinition) -> bool:
        config = getattr(field.type_, "__struct_config__", None) if not field.is_union else None
        return config is not None and bool(config.forbid_unknown_fields)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """Litestar's schema with the additions."""
        added = [item for given in field_definition.metadata for item in self._resolve(given)]
        if not any(isinstance(item, msgspec.Meta | Rule) for item in added):
            if self._is_plain_integer(field_definition):
                return Schema(type=OpenAPIType.INTEGER, format="int64")  # type: ignore[arg-type]
            return self._closed(field_definition, schema_creator)
        bare = FieldDefinition.from_annotation(
            field_definition.annotation, name=field_definition.name, default=field_definition.default
        )
        schema = schema_creator.for_field_definition(bare)
        if isinstance(schema, Reference):
            schema = Schema(all_of=[schema])
        for item in added:
            if isinstance(item, msgspec.Meta):
                _add_meta(schema, item)
            elif isinstance(item, Rule):
                _add_keywords(schema, getattr(item, "schema", {}))
        return schema

    def _closed(self, field: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """A Struct that forbids unknown members; the next plugin that knows Structs makes its schema."""
        plugins = [plugin for plugin in schema_creator.plugins if plugin is not self]
        plugin = next(plugin for plugin in plugins if schema_creator.plugin_supports_field(plugin, field))
        schema = plugin.to_openapi_schema(field_definition=field, schema_creator=schema_creator)
        schema.additional_properties = False
        return schema


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
    "not": _schema,
    "items": _schema,
    "anyOf": lambda options: [_schema(option) for option in options],
    "oneOf": lambda options: [_schema(option) for option in options],
    "allOf": lambda options: [_schema(option) for option in options],
}
"""Keywords whose values are schemas themselves."""
