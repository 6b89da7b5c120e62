"""How resources read models: the answer to the hook ``glueful_resource_source`` of glueful-resources."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model.model import Model
    from .query.builder import Query
    from .query.pagination import CursorPage


class ModelSource:
    """Models, their columns, relations and queries."""

    values = "__dict__"
    related = "loaded_relations"

    def accepts(self, kind: type) -> bool:
        """Whether ``kind`` is a model."""
        from .model.model import Model

        return issubclass(kind, Model)

    def columns(self, model: "type[Model]") -> Mapping[str, tuple[Any, bool]]:
        """Name to type and whether it may be None; the type of a cast is not known here."""
        from piccolo.columns.column_types import JSON, JSONB, Array

        return {
            column._meta.name: (
                Any
                if column._meta.name in model.casts or isinstance(column, JSON | JSONB | Array)
                else column.value_type,
                column._meta.null,
            )
            for column in model._meta.columns
        }

    def hidden(self, model: "type[Model]") -> Collection[str]:
        """The columns that the model hides."""
        return model.hidden

    def relations(self, model: "type[Model]") -> Mapping[str, tuple[type | None, bool, bool]]:
        """Name to model, whether there are many rows, and whether the one may be None."""
        from .relations import BelongsTo, MorphTo

        found: dict[str, tuple[type | None, bool, bool]] = {}
        for name, relation in model.__relations__.items():
            if isinstance(relation, MorphTo):
                found[name] = (None, False, True)
                continue
            target = relation.target
            is_certain = isinstance(relation, BelongsTo) and not target.__scopes__ and not _is_nullable(model, relation)
            found[name] = (target, relation.is_many, not relation.is_many and not is_certain)
        return found

    async def load(self, model: "type[Model]", rows: "Sequence[Model]", relation: str, limit: int | None) -> None:
        """Load a relation of rows by one statement."""
        if limit is None:
            await model.with_(relation).complete(list(rows))
        else:
            await model.with_(**{relation: lambda query: query.limit(limit)}).complete(list(rows))

    def model_of(self, value: object) -> "type[Model] | None":
        """The model of a query."""
        from .query.builder import Query

        return value.model if isinstance(value, Query) else None

    async def fetch(self, query: "Query[Any]", names: Collection[str] | None) -> tuple[Sequence[Any], bool]:
        """Run a query; only the columns of ``names`` where nobody would miss the rest."""
        from .events import EVENTS

        if names is None or EVENTS.is_observed or query.relations or query.aggregates:
            return await query.get(), False
        return await query.dicts(*names), True

    def stream(self, query: "Query[Any]", batch: int) -> "AsyncIterator[Model]":
        """The rows of a query one by one."""
        return query.stream(batch)

    async def count(self, query: "Query[Any]") -> int:
        """Number of all rows."""
        return await query.count()

    def window(self, query: "Query[Any]", limit: int, offset: int) -> "Query[Any]":
        """A part of the rows."""
        return query.limit(limit).offset(offset)

    async def cursor_page(self, query: "Query[Any]", cursor: str | None, per_page: int) -> "CursorPage[Any]":
        """A page by keyset."""
        return await query.cursor_paginate(cursor, per_page)


def _is_nullable(model: "type[Model]", relation: Any) -> bool:
    column = next((column for column in model._meta.columns if column._meta.name == relation.local_name), None)
    return column is None or bool(column._meta.null)
