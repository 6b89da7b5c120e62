"""Tables without a primary key, such as the pivots of other people's schemas."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Model


def remove_key(model: "type[Model]") -> None:
    """Take out the `id` that Piccolo gives every table without a primary key."""
    meta: Any = model._meta
    if not meta.default_columns:
        return
    key = meta.default_columns[0]
    meta.columns = [column for column in meta.columns if column is not key]
    meta.default_columns = []
    model.__keyless__ = True
    del model.id
