"""Which values stand in a column: the answer to the rules ``Unique`` and ``Exists`` of glueful-validation."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model.model import Model


class ModelRowLookup:
    """Answers by one statement, without scopes: a unique constraint counts soft-deleted rows as well."""

    def accepts(self, column: Any) -> bool:
        """Whether ``column`` is a column of a model, or names the table and column of one."""
        return self._resolve(column) is not None

    async def existing(self, column: Any, values: Collection[Any], *, ignore_pk: object | None = None) -> set[Any]:
        """The subset of ``values`` that stand in ``column``.

        Args:
            column: a model's column, or an object with ``table`` and ``column``, the names in the database.
            values: at most what the database takes as one array.
            ignore_pk: primary key of a row that does not count.
        """
        found = self._resolve(column)
        if found is None:
            raise LookupError(f"{column} is no column of a model")
        if not values:
            return set()
        model, name = found
        query = model.where(**{f"{name}__in": list(values)})
        if ignore_pk is not None:
            query = query.where(**{f"{model._meta.primary_key._meta.name}__ne": ignore_pk})
        return set(await query.pluck(name))

    def _resolve(self, column: Any) -> "tuple[type[Model], str] | None":
        from piccolo.columns.base import Column

        from .model.model import Model
        from .model.registry import MODELS

        if isinstance(column, Column):
            table = column._meta._table
            return (table, column._meta.name) if table is not None and issubclass(table, Model) else None
        table_name, column_name = getattr(column, "table", None), getattr(column, "column", None)
        for model in MODELS:
            if model._meta.tablename == table_name:
                names = {item._meta.db_column_name: item._meta.name for item in model._meta.columns}
                return (model, names[column_name]) if column_name in names else None
        return None
