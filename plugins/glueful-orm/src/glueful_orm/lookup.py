"""Which values stand in a column: the answer to the rules ``Unique`` and ``Exists`` of glueful-validation."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from piccolo.columns.base import Column
    from piccolo.table import Table


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
        query = found._meta.table.select(found).where(found.is_in(list(values)))
        if ignore_pk is not None:
            query = query.where(found._meta.table._meta.primary_key != ignore_pk)
        return {row[found._meta.name] for row in await query}

    def _resolve(self, column: Any) -> "Column | None":
        from piccolo.columns.base import Column

        if isinstance(column, Column):
            return column
        table, name = getattr(column, "table", None), getattr(column, "column", None)
        if not isinstance(table, str) or not isinstance(name, str):
            return None
        for model in _models():
            if model._meta.tablename == table:
                return next((item for item in model._meta.columns if item._meta.db_column_name == name), None)
        return None


def _models() -> "list[type[Table]]":
    from piccolo.table import TABLE_REGISTRY

    return [model for model in TABLE_REGISTRY if not model.__module__.startswith("piccolo.")]
