"""What stands around resources: the wrapping member, ``meta`` and ``links`` of pages, additional members."""

from typing import TYPE_CHECKING, Any

import msgspec

from .annotations import Announced
from .application import ApplicationResources
from .errors import ResourceError
from .pages import CursorMeta, PageMeta, header

if TYPE_CHECKING:
    from litestar.connection import Request


class Envelope:
    """The outermost object of an operation's responses.

    Args:
        announced: what the operation returns.
        application: its settings.
        place: the operation, for errors.

    Raises:
        ResourceError: members would have to stand beside resources that are not wrapped, or under a name that is taken.
    """

    def __init__(self, announced: Announced, application: ApplicationResources, place: str) -> None:
        self.announced = announced
        self._linker = application.linker
        is_one = announced.shape == "one"
        self.wrap = application.wrap_of(announced.resource, is_many=not is_one)
        if announced.shape == "stream":
            self.wrap = None
        additional = application.shape_of(announced.resource).options.additional
        self.additional: type[msgspec.Struct] | None = additional if isinstance(additional, type) else None
        if self.additional is not None and self.wrap is None and announced.shape != "stream":
            raise ResourceError(
                f"{place}: {announced.resource.__name__} has additional members and nothing to stand beside",
                'set wrap="data"',
            )

    def one(self, made: Any, members: dict[str, Any]) -> Any:
        """The body of one resource."""
        return self._around(made, members)

    def many(
        self, made: list[Any], page: Any, members: dict[str, Any], request: "Request[Any, Any, Any]"
    ) -> tuple[Any, dict[str, str]]:
        """The body of several resources, and header fields."""
        if page is None:
            return self._around(made, members), {}
        about: PageMeta | CursorMeta
        if isinstance(page, PageMeta) or hasattr(page, "total"):
            pages = -(-page.total // page.per_page)
            about = PageMeta(page=page.page, per_page=page.per_page, pages=pages, total=page.total)
            links = self._linker.by_page(request, about)
        else:
            about = CursorMeta(
                per_page=page.per_page, next_cursor=page.next_cursor, previous_cursor=page.previous_cursor
            )
            links = self._linker.by_cursor(request, about)
        headers = {"Link": header(links)}
        if self.wrap is None:
            return self._around(made, members), headers
        body = self._around(made, members)
        body["meta"] = msgspec.structs.asdict(about) | dict(body.get("meta") or {})
        body["links"] = msgspec.structs.asdict(links) | dict(body.get("links") or {})
        return body, headers

    def page(self, total: int, page: int, per_page: int) -> PageMeta:
        """About a page that was read here."""
        return PageMeta(page=page, per_page=per_page, pages=0, total=total)

    def _around(self, made: Any, members: dict[str, Any]) -> Any:
        if self.wrap is None:
            if members:
                raise TypeError(f"{self.announced.resource.__name__} is not wrapped: additional members have no place")
            return made
        body = {self.wrap: made}
        if self.additional is not None:
            beside = self.additional(**members)
            given = ((field.encode_name, getattr(beside, field.name)) for field in msgspec.structs.fields(beside))
            body |= {name: value for name, value in given if value is not msgspec.UNSET}
        else:
            body |= members
        return body
