"""Pages: what is said about them in ``meta`` and ``links``, and the header field ``Link`` (RFC 8288)."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection


class PageMeta(msgspec.Struct):
    """About one page by offset."""

    page: int
    """From 1."""
    per_page: int
    pages: int
    """Number of pages."""
    total: int
    """Number of all rows."""


class CursorMeta(msgspec.Struct):
    """About one page by keyset."""

    per_page: int
    next_cursor: str | None
    previous_cursor: str | None


class PageLinks(msgspec.Struct):
    """Other pages, as URI references; None where there is no such page."""

    first: str | None = None
    prev: str | None = None
    next: str | None = None
    last: str | None = None


class PageLinker:
    """Makes addresses of other pages out of a request: its own, with another page in the query.

    Args:
        base_url: put before the path.
        page_parameter: the parameter of pages by offset.
        cursor_parameter: the parameter of pages by keyset.
    """

    def __init__(self, base_url: str, page_parameter: str, cursor_parameter: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._page_parameter = page_parameter
        self._cursor_parameter = cursor_parameter

    def by_page(self, connection: "ASGIConnection[Any, Any, Any, Any]", meta: PageMeta) -> PageLinks:
        """Links to other pages by offset."""

        def link(number: int) -> str:
            return self._address(connection, self._page_parameter, str(number))

        return PageLinks(
            first=link(1),
            prev=link(min(meta.page - 1, max(meta.pages, 1))) if meta.page > 1 else None,
            next=link(meta.page + 1) if meta.page < meta.pages else None,
            last=link(max(meta.pages, 1)),
        )

    def by_cursor(self, connection: "ASGIConnection[Any, Any, Any, Any]", meta: CursorMeta) -> PageLinks:
        """Links to other pages by keyset; nobody knows the last one."""

        def link(cursor: str | None) -> str | None:
            return None if cursor is None else self._address(connection, self._cursor_parameter, cursor)

        return PageLinks(
            first=self._address(connection, self._cursor_parameter, None),
            prev=link(meta.previous_cursor),
            next=link(meta.next_cursor),
        )

    def _address(self, connection: "ASGIConnection[Any, Any, Any, Any]", parameter: str, value: str | None) -> str:
        scope = connection.scope
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=None)
        pairs = [(name, one) for name, one in given if name != parameter]
        if value is not None:
            pairs.append((parameter, value))
        # One slash: two would make the next segment a host.
        path = "/" + quote(scope.get("root_path", "") + scope["path"]).lstrip("/")
        query = urlencode(pairs)
        return f"{self._base_url}{path}{'?' if query else ''}{query}"


def header(links: PageLinks) -> str:
    """The value of ``Link``: what there is of first, prev, next and last."""
    given = msgspec.structs.asdict(links)
    return ", ".join(f'<{address}>; rel="{relation}"' for relation, address in given.items() if address is not None)
