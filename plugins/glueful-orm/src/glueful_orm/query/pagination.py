"""A page of rows."""

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
MAXIMUM_PAGE_SIZE = 100


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a result."""

    items: list[T]
    total: int
    """Number of all rows."""
    page: int
    """From 1."""
    per_page: int

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-self.total // self.per_page)

    def __iter__(self) -> Any:
        return iter(self.items)
