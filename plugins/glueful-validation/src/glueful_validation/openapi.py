"""The published schema says what is enforced: constraints and rules at any depth, forbidden members, 64 bits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import msgspec
from litestar.openapi.spec import Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from .form_request import FormRequest, overrides
from .pipe import NamedRule
from .rules.rule import Rule, Transform
from .schema_keywords import RULES, add_keywords, keywords_of, schema_of
from .schema_types import PLAIN, add_meta, correct, without_copies
from .shape.classes import Field, fields_of
from .shape.compiler import split
from .support import is_supported

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

_INTEGER_NAME = "^-?(?:0|[1-9][0-9]*)$"
"""An integer as the name of a member."""


class RuleSchemas(OpenAPISchemaPlugin):
    """Adds to Litestar's schemas what stands in ``Annotated``, and corrects those of some types.

    Args:
        resolve: turns a rule known by name into the rule.
    """

    def __init__(self, resolve: Callable[[Any], Iterable[Any]]) -> None:
        self._resolve = resolve

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether there is something to add. Not for a union, which Litestar cannot look up as a component."""
        if field_definition.is_union:
            return False
        if any(isinstance(item, msgspec.Meta | Rule | NamedRule | Transform) for item in field_definition.metadata):
            return True
        if _is_plain(field_definition) or _is_places(field_definition) or _has_names(field_definition):
            return True
        members = _Members.of(field_definition)
        return members is not None and (
            members.is_positional
            or members.forbids_unknown
            or _is_checked_in_code(field_definition.type_)
            or any(_has_to_be_added(field) for field in members.fields)
        )

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Any:
        """Litestar's schema with the additions."""
        added = self._resolved(field_definition.metadata)
        if any(isinstance(item, msgspec.Meta | Rule | Transform) for item in added):
            bare = FieldDefinition.from_annotation(
                field_definition.annotation, name=field_definition.name, default=field_definition.default
            )
            made = schema_creator.for_field_definition(bare)
            correct(made)
            return _with_rules(made, added, field_definition.annotation)
        if _is_plain(field_definition):
            return schema_of(PLAIN[field_definition.annotation])
        if _is_places(field_definition):
            places = schema_creator.for_object_type(field_definition)
            places.min_items = places.max_items = len(field_definition.inner_types)
            correct(places)
            return places
        if _has_names(field_definition):
            return _mapping(field_definition, schema_creator)
        members = _Members.of(field_definition)
        if members is not None and members.is_positional:
            return _array(members, field_definition, schema_creator)
        return self._object(members, field_definition, schema_creator)

    def _resolved(self, metadata: Iterable[Any]) -> list[Any]:
        return [item for given in metadata for item in self._resolve(given)]

    def _object(
        self, members: "_Members | None", definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        """What the next plugin that knows such classes makes of one, with what it leaves out."""
        plugins = [plugin for plugin in schema_creator.plugins if plugin is not self]
        plugin = next(plugin for plugin in plugins if schema_creator.plugin_supports_field(plugin, definition))
        schema: Schema = plugin.to_openapi_schema(field_definition=definition, schema_creator=schema_creator)
        if members is None:
            return schema
        if members.forbids_unknown:
            schema.additional_properties = False
        if _is_checked_in_code(definition.type_):
            add_keywords(schema, {RULES: [{"rule": "form_request"}]})
        for field in members.fields:
            annotation, metadata = split(field.annotation)
            added = self._resolved(metadata)
            if schema.properties is not None:
                made = schema.properties[field.encode_name]
                if _is_union(annotation):
                    without_copies(made)
                    schema.properties[field.encode_name] = made = _with_rules(made, added, annotation)
                correct(made)
            for rule in added:
                if (say := getattr(rule, "object_schema", None)) is not None and (said := say(field.name, members)):
                    _add_object_rule(schema, said)
        return schema


class _Members:
    """The fields of a class; also what ``object_schema`` of a rule gets to know of them."""

    def __init__(self, fields: Sequence[Field], *, config: Any, is_positional: bool) -> None:
        self.fields = fields
        self.is_positional = is_positional
        self.tag = None if config is None else config.tag
        self.forbids_unknown = config is not None and bool(config.forbid_unknown_fields)
        self.is_struct = config is not None
        self._by_name = {name: field for field in fields for name in (field.encode_name, field.name)}

    @classmethod
    def of(cls, definition: FieldDefinition) -> "_Members | None":
        """Those of a declared class; None for any other type."""
        kind = definition.type_
        if not isinstance(kind, type) or kind.__module__ == "builtins" or not is_supported(definition.annotation, ""):
            return None
        found = fields_of(definition.annotation, kind)
        if found is None:
            return None
        config = getattr(kind, "__struct_config__", None)
        return cls(found.fields, config=config, is_positional=found.is_positional)

    def json_name(self, field: str) -> str:
        """Name in JSON of a field."""
        return self._by_name[field].encode_name

    def default(self, field: str) -> Any:
        """What stands for a field that is not sent."""
        return self._by_name[field].default()


def _has_to_be_added(field: Field) -> bool:
    """Whether Litestar does not ask about what a field declares, or adds to the answer."""
    annotation, metadata = split(field.annotation)
    return bool(metadata) or _contains_union(annotation)


def _contains_union(annotation: Any) -> bool:
    bare, _ = split(annotation)
    return _is_union(bare) or any(map(_contains_union, get_args(bare)))


def _is_checked_in_code(kind: Any) -> bool:
    """Whether a form request has methods that judge a good body."""
    is_request = isinstance(kind, type) and issubclass(kind, FormRequest)
    return is_request and (overrides(kind, "rules") or overrides(kind, "after"))


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _with_rules(made: Schema | Reference, added: Sequence[Any], annotation: Any) -> Schema | Reference:
    """The schema of a type with what stands around it in ``Annotated``."""
    if not added:
        return made
    schema = Schema(all_of=[made]) if isinstance(made, Reference) else made
    for item in added:
        if isinstance(item, msgspec.Meta):
            add_meta(schema, item, annotation)
    rules = [item for item in added if isinstance(item, Rule)]
    for keywords in keywords_of(rules, [item for item in added if isinstance(item, Transform)]):
        add_keywords(schema, keywords)
    return schema


def _add_object_rule(schema: Schema, said: Mapping[str, Any]) -> None:
    """Several rules may say ``if``: each stands by itself."""
    keywords = {keyword: value for keyword, value in said.items() if keyword != RULES}
    if keywords:
        schema.all_of = [*(schema.all_of or ()), schema_of(keywords)]
    add_keywords(schema, {RULES: said[RULES]} if RULES in said else {})


def _is_plain(field: FieldDefinition) -> bool:
    return field.annotation in PLAIN and not getattr(field.kwarg_definition, "is_constrained", False)


def _is_places(field: FieldDefinition) -> bool:
    return field.origin is tuple and Ellipsis not in [item.annotation for item in field.inner_types]


def _has_names(field: FieldDefinition) -> bool:
    """Whether a field is a mapping whose names are not any text."""
    if not field.is_mapping or len(field.inner_types) != 2:
        return False
    names = field.inner_types[0]
    return names.annotation not in (str, Any) or bool(names.metadata)


def _mapping(definition: FieldDefinition, creator: "SchemaCreator") -> Schema:
    """A mapping and what its names may be, which JSON has as text."""
    schema = creator.for_object_type(definition)
    correct(schema)
    names = creator.for_field_definition(definition.inner_types[0])
    is_integer = isinstance(names, Schema) and names.type is OpenAPIType.INTEGER
    schema.property_names = Schema(pattern=_INTEGER_NAME) if is_integer else names
    return schema


def _array(members: _Members, definition: FieldDefinition, creator: "SchemaCreator") -> Schema | Reference:
    """A class that is sent as an array: the places, and how many of them must be there."""
    schema = creator.schema_registry.get_schema_for_field_definition(definition)
    tag = [] if members.tag is None else [Schema(const=members.tag)]
    required = [index for index, field in enumerate(members.fields, 1) if field.is_required]
    schema.type = OpenAPIType.ARRAY
    schema.title = definition.type_.__name__
    schema.prefix_items = [*tag]
    for field in members.fields:
        place = creator.for_field_definition(FieldDefinition.from_annotation(field.annotation))
        correct(place)
        schema.prefix_items = [*schema.prefix_items, place]
    schema.min_items = len(tag) + max(required, default=0)
    if members.forbids_unknown or not members.is_struct:
        schema.max_items = len(schema.prefix_items)
    return creator.schema_registry.get_reference_for_field_definition(definition) or schema
