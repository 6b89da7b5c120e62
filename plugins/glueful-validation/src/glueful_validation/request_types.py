"""Struct types made from rules by field: what ``@validate`` decodes to."""

import re
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

import msgspec

from .errors import RuleMisused
from .fieldtypes import FieldType, RuleSpec, field_type
from .shape.compiler import split

Tree = dict[str, "Branch"]


class Branch:
    """The rules of one field and of what stands inside it."""

    def __init__(self) -> None:
        self.spec: RuleSpec = ()
        self.members: Tree = {}


def struct_from_rules(
    name: str, rules: Mapping[str, RuleSpec], *, forbid_unknown: bool = False
) -> type[msgspec.Struct]:
    """Make a Struct type.

    Args:
        name: of the type; what OpenAPI calls it.
        rules: by field. ``"address.city"`` is a field of the object ``address``, ``"items.*.sku"`` a field of each
        object in
            the array ``items``, ``"tags.*"`` each item of the array ``tags``.
        forbid_unknown: whether a field that is not declared is an error.

    Raises:
        RuleMisused: a name is empty, or rules do not fit together.
    """
    root: Tree = {}
    for path, spec in rules.items():
        tree, branch = root, Branch()
        for step in path.split("."):
            if not step:
                raise RuleMisused(repr(path), name, "is no name of a field", "write field, object.field or array.*")
            branch = tree.setdefault(step, Branch())
            tree = branch.members
        branch.spec = spec
    return _struct(name, root, forbid_unknown)


def _struct(name: str, tree: Tree, forbid_unknown: bool) -> type[msgspec.Struct]:
    declared: list[Any] = []
    repeats: dict[str, Any] = {}
    for field, branch in tree.items():
        made = _field(name, field, branch, forbid_unknown)
        attribute = _attribute(field)
        declared.append((attribute, made.annotation) if made.is_required else _optional(attribute, made.annotation))
        if made.confirmation is not None and made.confirmation not in tree:
            repeats[made.confirmation] = split(made.annotation)[0]
    declared.extend(_optional(_attribute(field), annotation) for field, annotation in repeats.items())
    return msgspec.defstruct(
        name,
        declared,
        kw_only=True,
        forbid_unknown_fields=forbid_unknown,
        rename={_attribute(field): field for field in (*tree, *repeats)},
        namespace={"__repeated_fields__": frozenset(repeats)},
    )


def _attribute(field: str) -> str:
    """A Python name for a name in JSON; most are one already."""
    name = re.sub(r"\W", "_", field, flags=re.ASCII)
    if iskeyword(name):
        return f"{name}_"
    return name if name.isidentifier() else f"field_{name}"


def _optional(field: str, annotation: Any) -> tuple[str, Any, Any]:
    return (field, annotation | msgspec.UnsetType if annotation is not Any else Any, msgspec.UNSET)


def _field(name: str, field: str, branch: Branch, forbid_unknown: bool) -> FieldType:
    """A field with members and no rules of its own must be sent if one of its members must."""
    if not branch.members:
        return field_type(branch.spec, field)
    inner_name = f"{name}{_attribute(field).title().replace('_', '')}"
    if "*" in branch.members:
        item = _item(inner_name, branch.members["*"], forbid_unknown)
        return field_type(branch.spec, field, base=list[item])  # type: ignore[valid-type]
    inner = _struct(inner_name, branch.members, forbid_unknown)
    made = field_type(branch.spec, field, base=inner)
    has_required = any(member.required for member in msgspec.structs.fields(inner))
    return made._replace(is_required=made.is_required or (has_required and not branch.spec))


def _item(name: str, branch: Branch, forbid_unknown: bool) -> Any:
    if branch.members:
        return _struct(f"{name}Item", branch.members, forbid_unknown)
    return field_type(branch.spec, name).annotation


def to_plain(value: Any) -> Any:
    """A Struct that ``struct_from_rules`` made, as a dict of what was sent: no ``UNSET``, no repeated passwords."""
    if isinstance(value, msgspec.Struct):
        left_out: frozenset[str] = getattr(type(value), "__repeated_fields__", frozenset())
        names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        return {
            field: to_plain(item)
            for name, field in names
            if field not in left_out and (item := getattr(value, name)) is not msgspec.UNSET
        }
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    return value
