"""Hooks of glueful-resources: how resources read the rows of an ORM."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Protocol

from glueful_hookspecs import hook


class ResourceSource(Protocol):
    """Knows the models of one ORM: their columns, relations and queries. Made by the plugin that owns the models."""

    values: str
    """The attribute of a row that maps column names to values; generated code reads columns from it."""
    related: str
    """The attribute of a row that maps the names of loaded relations to what was loaded: a row, None or a list."""

    def accepts(self, kind: type) -> bool:
        """Whether ``kind`` is one of its models."""
        ...

    def columns(self, model: type) -> Mapping[str, tuple[Any, bool]]:
        """Name to type and whether it may be None, of every column, hidden ones too; ``Any`` for an unknown type."""
        ...

    def hidden(self, model: type) -> Collection[str]:
        """Names of columns that never leave."""
        ...

    def relations(self, model: type) -> Mapping[str, tuple[type | None, bool, bool]]:
        """Name to model (None for several), whether there are many rows, and whether the one may be None."""
        ...

    async def load(self, model: type, rows: Sequence[Any], relation: str, limit: int | None) -> None:
        """Load a relation of rows that lack it, by one statement; at most ``limit`` for each row."""
        ...

    def model_of(self, value: object) -> type | None:
        """The model of a query that has not run yet; None if ``value`` is none."""
        ...

    async def fetch(self, query: Any, names: Collection[str] | None) -> tuple[Sequence[Any], bool]:
        """Run a query.

        Args:
            query: one of the ORM's.
            names: the only columns that will be read; None for whole rows.

        Returns:
            the rows, and whether they are plain mappings of ``names`` instead of instances.
        """
        ...

    def stream(self, query: Any, batch: int) -> AsyncIterator[Any]:
        """The rows of a query one by one, ``batch`` in memory at a time."""
        ...

    async def count(self, query: Any) -> int:
        """Number of all rows of a query."""
        ...

    def window(self, query: Any, limit: int, offset: int) -> Any:
        """The query with a limit and an offset."""
        ...

    async def cursor_page(self, query: Any, cursor: str | None, per_page: int) -> Any:
        """A page by keyset: has ``items``, ``next_cursor``, ``previous_cursor`` and ``per_page``."""
        ...


@hook("contribution", since="0.1")
def glueful_resource_source() -> ResourceSource | None:
    """Let resources read the models of an ORM.

    When: once, when the application is built.
    Order: plugins in dependency order; for each model the first source that accepts it answers.
    Errors: fail the plugin. A resource of a class that no source accepts reads plain attributes.
    Returns: the source, or None.
    """
    return None
