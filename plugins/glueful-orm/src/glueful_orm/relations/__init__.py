"""Relations between models, declared as class attributes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .keyed import BelongsTo, HasMany, HasOne
from .morph import MorphMany, MorphOne, MorphTo
from .pivot import BelongsToMany
from .through import HasManyThrough, HasOneThrough

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


@overload
def belongs_to(
    target: type[M] | str | Callable[[], type[M]],
    key: str,
    other_key: str | None = None,
    *,
    null: Literal[False] = False,
) -> BelongsTo[M, M]: ...
@overload
def belongs_to(
    target: type[M] | str | Callable[[], type[M]], key: str, other_key: str | None = None, *, null: Literal[True]
) -> BelongsTo[M, M | None]: ...
def belongs_to(target: Any, key: str, other_key: str | None = None, *, null: bool = False) -> Any:
    """Declare that this model names a row of ``target`` in ``key``.

    ``author = belongs_to("User", key="author_id")``

    Args:
        target: whose row.
        key: attribute of this model.
        other_key: attribute of the target that ``key`` holds; by default its primary key.
        null: tell the type checker that ``key`` may be NULL; nothing else depends on it.
    """
    del null
    return BelongsTo(target, key, other_key)


def belongs_to_many(
    target: type[M] | str | Callable[[], type[M]],
    *,
    through: Any,
    key: str,
    other_key: str,
    local_key: str | None = None,
) -> BelongsToMany[M]:
    """Rows of ``through`` link this model (``key``) with ``target`` (``other_key``)."""
    return BelongsToMany(target, through, key, other_key, local_key)


def has_many_through(
    target: type[M] | str | Callable[[], type[M]], *, through: Any, key: str, other_key: str, **keys: Any
) -> HasManyThrough[M]:
    """Declare that ``target`` names a row of ``through`` in ``other_key``, and that one this model in ``key``.

    ``comments = has_many_through("Comment", through="Post", key="author_id", other_key="post_id")``
    """
    return HasManyThrough(target, through, key, other_key, **keys)


def has_one_through(
    target: type[M] | str | Callable[[], type[M]], *, through: Any, key: str, other_key: str, **keys: Any
) -> HasOneThrough[M]:
    """At most one such row; see ``has_many_through``."""
    return HasOneThrough(target, through, key, other_key, **keys)


def morph_many(target: type[M] | str | Callable[[], type[M]], name: str, local_key: str | None = None) -> MorphMany[M]:
    """Declare that rows of ``target`` name this model, or another, by ``<name>_type`` and ``<name>_id``.

    ``comments = morph_many("Comment", "subject")``
    """
    return MorphMany(target, name, local_key)


def morph_one(target: type[M] | str | Callable[[], type[M]], name: str, local_key: str | None = None) -> MorphOne[M]:
    """At most one such row; see ``morph_many``."""
    return MorphOne(target, name, local_key)


def morph_to(name: str, models: Sequence[Any] | Callable[[], Sequence[Any]]) -> MorphTo:
    """Declare that this model names a row of one of several models by ``<name>_type`` and ``<name>_id``.

    ``subject = morph_to("subject", ["Post", "Video"])``; no other model can be named.
    """
    return MorphTo(name, models)


__all__ = [
    "BelongsTo",
    "BelongsToMany",
    "HasMany",
    "HasManyThrough",
    "HasOne",
    "HasOneThrough",
    "MorphMany",
    "MorphOne",
    "MorphTo",
    "belongs_to",
    "belongs_to_many",
    "has_many",
    "has_many_through",
    "has_one",
    "has_one_through",
    "morph_many",
    "morph_one",
    "morph_to",
]
