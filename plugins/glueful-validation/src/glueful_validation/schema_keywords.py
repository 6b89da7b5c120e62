"""Keywords of JSON Schema in Litestar's ``Schema``, and one keyword of our own for what JSON Schema cannot say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from litestar.openapi.spec import Schema

from .rules.rule import Rule, Transform

RULES = "x-rules"
"""The keyword of our own (``docs/validation.md`` defines its entries): an array of objects, each a rule with its code
as ``rule`` and its parameters beside it. All of them must hold. Who does not know one leaves it out: what is left is
what JSON Schema says, and a request that keeps the rules keeps that too."""
_NO_ALIAS = {"exclusiveMinimum": "exclusive_minimum", "exclusiveMaximum": "exclusive_maximum"}
"""Keywords that Litestar spells right without an alias."""


@dataclass
class RuledSchema(Schema):
    """A schema with rules that JSON Schema cannot say."""

    x_rules: list[dict[str, Any]] | None = field(default=None, metadata={"alias": RULES})

    def __hash__(self) -> int:
        """Litestar's: of what it holds."""
        return super().__hash__()


def keywords_of(rules: Iterable[Rule], transforms: Iterable[Transform] = ()) -> list[Mapping[str, Any]]:
    """What is published of the rules of one value.

    Args:
        rules: in the order of their declaration.
        transforms: what is done to the value before them. Then JSON Schema can say nothing of the value that is sent,
            and the schema of the changed one is published as a rule ``transformed``.
    """
    found = [_of_rule(rule) for rule in rules]
    changes = [_named(transform, "transform") for transform in transforms]
    if not changes:
        return found
    inner = schema_of(*found).to_schema()
    return [{RULES: [{"rule": "transformed", "by": changes, "schema": inner}]}] if inner else []


def _of_rule(rule: Rule) -> Mapping[str, Any]:
    said: Mapping[str, Any] | None = getattr(rule, "schema", None)
    if said is not None:
        return said
    return {} if hasattr(rule, "object_schema") else {RULES: [_named(rule, "rule")]}


def _named(item: Any, kind: str) -> dict[str, Any]:
    """A rule or transform by its code, with what it was declared with."""
    return {kind: getattr(item, "code", type(item).__name__), **(getattr(item, "params", None) or {})}


def schema_of(*keywords: Mapping[str, Any]) -> Schema:
    """A schema of keywords alone."""
    schema = Schema()
    for each in keywords:
        add_keywords(schema, each)
    return schema


def add_keywords(schema: Schema, keywords: Mapping[str, Any]) -> None:
    """Put keywords of JSON Schema into the attributes of Litestar's ``Schema``.

    Args:
        schema: changed in place; a second keyword of a kind goes into its ``allOf``.
        keywords: as in JSON.
    """
    attributes = Schema.field_aliases()
    for keyword, value in keywords.items():
        if keyword == RULES:
            _add_rules(schema, value)
            continue
        attribute = attributes.get(keyword) or _NO_ALIAS.get(keyword, keyword)
        added = _SUBSCHEMAS[keyword](value) if keyword in _SUBSCHEMAS else value
        present = getattr(schema, attribute)
        if keyword == "allOf":
            schema.all_of = [*(schema.all_of or ()), *added]
        elif present is None or present == added or keyword == "contentMediaType":
            setattr(schema, attribute, added)
        else:
            extra = Schema()
            setattr(extra, attribute, added)
            schema.all_of = [*(schema.all_of or ()), extra]


def _add_rules(schema: Schema, entries: Iterable[Mapping[str, Any]]) -> None:
    plain = [msgspec.to_builtins(dict(entry), enc_hook=str) for entry in entries]
    if not isinstance(schema, RuledSchema):
        schema.__class__ = RuledSchema  # Litestar keeps the object of a component, so another cannot take its place
    ruled = cast("RuledSchema", schema)
    ruled.x_rules = [*(ruled.x_rules or ()), *plain]


_SUBSCHEMAS: dict[str, Callable[[Any], Any]] = {
    "if": schema_of,
    "then": schema_of,
    "properties": lambda members: {name: schema_of(member) for name, member in members.items()},
    "not": schema_of,
    "items": schema_of,
    "anyOf": lambda options: [schema_of(option) for option in options],
    "oneOf": lambda options: [schema_of(option) for option in options],
    "allOf": lambda options: [schema_of(option) for option in options],
}
"""Keywords whose values are schemas themselves."""
