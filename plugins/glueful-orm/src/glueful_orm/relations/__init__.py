"""Relations between models, declared as class attributes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .keyed import BelongsTo, HasMany, HasOne
from .pivot import BelongsToMany

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")


def has_many(target: type[M] | str | Callable[[], type[M]], key: str, local_key: str | None = None) -> HasMany[M]:
    """Declare that rows of ``target`` name this model in ``key``.

    ``posts = has_many("Post", key="author_id")``
    """
    return HasMany(target, key, local_key)


def has_one(target: type[M] | str | Callable[[], type[M]], key: str, local_key: str | None = None) -> HasOne[M]:
    """At most one row of ``target`` names this model in ``key``."""
    return HasOne(target, key, local_key)


def belongs_to(target: type[M] | str | Callable[[], type[M]], key: str, other_key: str | None = None) -> BelongsTo[M]:
    """Declare that this model names a row of ``target`` in ``key``.

    ``author = belongs_to("User", key="author_id")``
    """
    return BelongsTo(target, key, other_key)


def belongs_to_many(
    target: type[M] | str | Callable[[], type[M]], *, through: Any, key: str, other_key: str
) -> BelongsToMany[M]:
    """Rows of ``through`` link this model (``key``) with ``target`` (``other_key``)."""
    return BelongsToMany(target, through, key, other_key)


__all__ = ["BelongsTo", "BelongsToMany", "HasMany", "HasOne", "belongs_to", "belongs_to_many", "has_many", "has_one"]
