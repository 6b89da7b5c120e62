"""Which fields a class has, whatever it is made with."""

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import msgspec
from typing_extensions import get_type_hints as get_all_type_hints

from ..context import ABSENT


class Field(NamedTuple):
    """A field, with its annotation as written."""

    name: str
    encode_name: str
    annotation: Any
    is_required: bool
    default: Callable[[], Any]


class Fields(NamedTuple):
    """The fields of a class, in order."""

    fields: list[Field]
    is_positional: bool
    """Whether JSON has them as an array."""


def fields_of(alias: Any, cls: Any) -> Fields | None:
    """The fields of a Struct, dataclass, attrs class, typed dict or named tuple; None for any other type.

    Args:
        alias: the type, perhaps with arguments: ``Page[Item]``.
        cls: the class without arguments.
    """
    info = msgspec.inspect.type_info(alias)
    if isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    if isinstance(info, msgspec.inspect.StructType):
        hints = {field.name: field.type for field in msgspec.structs.fields(alias)}
        positional = info.array_like
    elif isinstance(info, msgspec.inspect.DataclassType | msgspec.inspect.TypedDictType):
        hints, positional = _hints(alias, cls), False
    elif isinstance(info, msgspec.inspect.NamedTupleType):
        hints, positional = _hints(alias, cls), True
    else:
        return None
    fields = [
        Field(field.name, field.encode_name, hints[field.name], field.required, _default(field))
        for field in info.fields
    ]
    return Fields(fields, positional)


def _hints(alias: Any, cls: Any) -> dict[str, Any]:
    hints = get_all_type_hints(cls, include_extras=True)
    arguments = dict(zip(getattr(cls, "__parameters__", ()), get_args(alias), strict=False))
    return {name: _substitute(hint, arguments) for name, hint in hints.items()}


def _substitute(hint: Any, arguments: dict[Any, Any]) -> Any:
    if hint in arguments:
        return arguments[hint]
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(arguments.get(parameter, parameter) for parameter in parameters)] if parameters else hint


def _default(field: Any) -> Callable[[], Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        factory: Callable[[], Any] = field.default_factory
        return factory
    default = ABSENT if field.default is msgspec.NODEFAULT else field.default
    return lambda: default
