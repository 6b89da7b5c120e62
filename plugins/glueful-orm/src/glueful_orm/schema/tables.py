"""Tables as a database describes them."""

from collections.abc import Sequence

import msgspec


class ColumnInfo(msgspec.Struct, frozen=True):
    """A column."""

    name: str
    type: str
    """As the catalogue spells it: ``character varying(100)`` on PostgreSQL, as declared on SQLite."""
    is_nullable: bool
    default: str | None = None
    """SQL."""
    is_identity: bool = False
    """GENERATED … AS IDENTITY."""


class ForeignKeyInfo(msgspec.Struct, frozen=True):
    """A reference."""

    columns: tuple[str, ...]
    table: str
    target_columns: tuple[str, ...]
    """Empty where SQLite was told none: the primary key."""
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"


class IndexInfo(msgspec.Struct, frozen=True):
    """An index, also one that a UNIQUE constraint made."""

    name: str
    columns: tuple[str, ...]
    """In order; an expression is an empty string."""
    is_unique: bool = False
    is_partial: bool = False
    method: str = "btree"


class TableInfo(msgspec.Struct, frozen=True):
    """A table."""

    name: str
    columns: Sequence[ColumnInfo]
    primary_key: tuple[str, ...] = ()
    foreign_keys: Sequence[ForeignKeyInfo] = ()
    indexes: Sequence[IndexInfo] = ()
    checks: Sequence[str] = ()
    """Names of CHECK constraints; empty strings for those without a name."""
    schema: str | None = None

    def column(self, name: str) -> ColumnInfo | None:
        """A column by name."""
        return next((column for column in self.columns if column.name == name), None)

    def unique_sets(self) -> set[frozenset[str]]:
        """Sets of columns that are unique together, with the primary key."""
        keys = {frozenset(index.columns) for index in self.indexes if index.is_unique and not index.is_partial}
        return keys | ({frozenset(self.primary_key)} if self.primary_key else set())


class TableSize(msgspec.Struct, frozen=True):
    """How big a table is."""

    name: str
    rows: int
    size_bytes: int | None
    """With its indexes; None where this SQLite cannot tell."""
