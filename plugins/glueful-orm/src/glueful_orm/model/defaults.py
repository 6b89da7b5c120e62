"""Values of attributes that are not given."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from piccolo.columns import JSON, Serial
from piccolo.columns.base import Column
from piccolo.columns.defaults.base import Default

from .casts import default_cast

if TYPE_CHECKING:
    from .model import Model

_CONSTANT = (bool, int, float, str, bytes, type(None))


def default_of(column: Column) -> Any:
    """A new value for an attribute that was not given."""
    if isinstance(column, Serial):  # the database makes it
        return None
    default = getattr(column, "default", None)
    if isinstance(default, Default):
        return default.python()
    value = column.get_default_value()
    if isinstance(column, JSON) and isinstance(value, str):
        return msgspec.json.decode(value)
    return value.python() if isinstance(value, Default) else value


def defaults_of(model: "type[Model]") -> dict[str, Callable[[], Any]]:
    """For each attribute a function that makes its default, as the attribute's type."""
    found: dict[str, Callable[[], Any]] = {}
    for column in model._meta.columns:
        name = column._meta.name
        new: Callable[[], Any] = partial(default_of, column)
        if name in model.casts:
            found[name] = partial(_cast, model.casts[name], column)
        elif isinstance(column, Serial) or (
            not isinstance(column, JSON) and isinstance(getattr(column, "default", None), _CONSTANT)
        ):
            found[name] = partial(_same, new())
        else:
            found[name] = new
    return found


def _same(value: Any) -> Any:
    return value


def _cast(declared: Any, column: Column) -> Any:
    return default_cast(declared, column, default_of(column))
