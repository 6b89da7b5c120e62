"""Several rows on their way out: a list, a page, a stream."""

from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from .resource import Resource

T = TypeVar("T", bound="Resource[Any]")


class ResourceCollection(Generic[T]):
    """A list of rows; made by ``UserResource.collection(rows)``.

    Args:
        resource: the class that shows them.
        rows: a list, a page or a query.
        context: for the methods of ``resource``.
    """

    def __init__(self, resource: type[T], rows: Any, context: dict[str, Any]) -> None:
        self.resource = resource
        self.rows = rows
        self.context = context
        self.members: dict[str, Any] = {}

    def additional(self, **members: Any) -> Self:
        """See ``Resource.additional``; a ``meta`` of a page keeps the page's own members besides."""
        self.members.update(members)
        return self

    def paginate(self, page: int = 1, per_page: int = 20) -> "PagedCollection[T]":
        """One page of a query, and the number of all its rows.

        Args:
            page: from 1.
            per_page: 1 to the setting ``max_page_size``.
        """
        return PagedCollection(self.resource, self.rows, self.context).turned_to(page, per_page, self.members)

    def cursor_paginate(self, cursor: str | None = None, per_page: int = 20) -> "CursorCollection[T]":
        """One page of a query by keyset.

        Args:
            cursor: from another page of the same query; None for the first page.
            per_page: 1 to the setting ``max_page_size``.
        """
        return CursorCollection(self.resource, self.rows, self.context).turned_to(cursor, per_page, self.members)

    def stream(self) -> "ResourceStream[T]":
        """All rows in constant memory: a JSON array, or NDJSON for clients that ask for ``application/x-ndjson``."""
        return ResourceStream(self.resource, self.rows, self.context)


class PagedCollection(ResourceCollection[T]):
    """One page by offset."""

    page = 1
    per_page = 20

    def turned_to(self, page: int, per_page: int, members: dict[str, Any]) -> Self:
        """Choose the page. Called by ``ResourceCollection.paginate``."""
        self.page, self.per_page, self.members = max(page, 1), max(per_page, 1), members
        return self


class CursorCollection(ResourceCollection[T]):
    """One page by keyset."""

    cursor: str | None = None
    per_page = 20

    def turned_to(self, cursor: str | None, per_page: int, members: dict[str, Any]) -> Self:
        """Choose the page. Called by ``ResourceCollection.cursor_paginate``."""
        self.cursor, self.per_page, self.members = cursor, max(per_page, 1), members
        return self


class ResourceStream(Generic[T]):
    """All rows, a part at a time, without wrapping; made by ``UserResource.collection(rows).stream()``.

    An error after the first part ends the connection: the array stays unclosed, and the transfer incomplete.

    Args:
        resource: the class that shows them.
        rows: a query, or anything that can be iterated over, also asynchronously.
        context: for the methods of ``resource``.
    """

    def __init__(
        self, resource: type[T], rows: "Iterable[Any] | AsyncIterable[Any] | Any", context: dict[str, Any]
    ) -> None:
        self.resource = resource
        self.rows = rows
        self.context = context
