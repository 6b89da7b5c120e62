"""The values of an answer to an error: RFC 9457 "Problem Details for HTTP APIs"."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .statuses import text_of


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One of several things that are wrong with a request."""

    code: str
    """What is wrong, dotted and stable, for programs."""
    message: str
    """What is wrong, for people; repeats no value of the request."""
    location: str = "body"
    """``body``, ``query``, ``path``, ``header`` or ``cookie``."""
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    """Where in the body: a JSON Pointer (RFC 6901); empty for all of it."""
    name: str | msgspec.UnsetType = msgspec.UNSET
    """Which parameter, header field or cookie."""
    params: Mapping[str, Any] | msgspec.UnsetType = msgspec.UNSET
    """The facts that ``message`` is made from, for example ``{"max": 80}``; left out where there are none."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem (RFC 9457 section 3). Only ``status`` is needed; what is empty is filled in when it is rendered."""

    status: int
    """The status code of the response, 400 to 599."""
    code: str = ""
    """What went wrong, dotted and stable, for programs; by default the one of the status."""
    title: str = ""
    """The same for every problem of a ``type``; by default the phrase of the status."""
    detail: str = ""
    """What went wrong this time, for people; repeats no value of the request and nothing internal."""
    type: str = ""
    """A URI reference that names, and may document, the kind of problem; ``about:blank`` where there is none."""
    instance: str = ""
    """A URI reference of this occurrence: the path of the request."""
    request_id: str = ""
    """What finds the request in the server's log; also the response's ``X-Request-ID``."""
    errors: Sequence[ErrorDetail] = ()
    """Each thing that is wrong, where there may be several."""
    extensions: Mapping[str, Any] = {}
    """Further members (RFC 9457 section 3.2), rendered beside the others; they cannot replace one."""

    def completed(self, *, type_base_url: str = "", instance: str = "", request_id: str = "") -> "Problem":
        """A copy whose empty members are filled in.

        Args:
            type_base_url: URI that ``code`` is appended to for ``type``; empty for ``about:blank``.
            instance: the path of the request.
            request_id: the id of the request.

        Raises:
            ValueError: ``status`` is none of an error.
        """
        if not 400 <= self.status <= 599:
            raise ValueError(f"a problem has a status of 400 to 599, not {self.status}")
        text = text_of(self.status)
        code = self.code or text.code
        type_ = self.type or (type_base_url + code if type_base_url else "about:blank")
        # RFC 9457 section 4.2.1: the title of about:blank is the phrase of the status.
        title = text.title if type_ == "about:blank" else self.title or text.title
        return msgspec.structs.replace(
            self,
            type=type_,
            title=title,
            code=code,
            detail=self.detail or text.detail,
            instance=self.instance or instance,
            request_id=self.request_id or request_id,
        )

    def members(self) -> dict[str, Any]:
        """The members of the JSON object, extensions last."""
        standard: dict[str, Any] = {name: getattr(self, name) for name in STANDARD_MEMBERS}
        return {**standard, **{name: value for name, value in self.extensions.items() if name not in standard}}


STANDARD_MEMBERS = ("type", "title", "status", "detail", "instance", "code", "request_id", "errors")
"""In the order in which they are rendered."""
