"""Why a request is refused before routing, and why a response is not sent."""

from typing import Any

from glueful_hookspecs import GluefulError
from litestar.exceptions import HTTPException


class EdgeRefused(HTTPException):
    """A request that is refused before routing.

    Args:
        status_code: 400, 413, 414, 415, 417, 431, 501 or 505.
        code: dotted error code.
        detail: what is wrong; repeats nothing of the request.
        headers: header fields of the response.
    """

    def __init__(self, status_code: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail, status_code=status_code, headers=headers)
        self.code = code


class BodyTooLarge(EdgeRefused):
    """A body that is larger than the route takes; answered in the words that Litestar's own refusal gets.

    The rest of the body is not read, so the connection is closed: in it the next request cannot be found.

    Args:
        scope: the ASGI scope of the request.
    """

    def __init__(self, scope: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in self.fields(scope)}
        super().__init__(413, "http.content_too_large", "The content is larger than is taken here.", headers)

    @staticmethod
    def fields(scope: Any) -> list[tuple[bytes, bytes]]:
        """What closes the connection: HTTP/2 has no such field, there a stream ends alone (RFC 9113 section 8.2.2)."""
        return [(b"connection", b"close")] if scope.get("http_version", "1.1") in ("1.0", "1.1") else []


class StaticFilesUnknown(GluefulError):
    """Litestar's static files are made in a way that is not known here, so that nothing would hide what is not public.

    Args:
        handler: of such files.
    """

    code = "edge.static_files_unknown"

    def __init__(self, handler: str) -> None:
        self.handler = handler
        super().__init__(
            what=f"the static files of {handler} cannot be restricted to public ones with this version of Litestar",
            fix="pip install --upgrade glueful-edge   or   pip install 'litestar<3'",
        )


class UnsafeResponseHeader(ValueError):
    """A response header holds what RFC 9110 section 5.5 forbids, such as CR, LF or NUL: answered as an internal error.

    The server would refuse it as well, but only after the response has begun: the client would get no answer at all.

    Args:
        header: the header's name.
    """

    is_unsent = True
    """The kernel may answer: the server has got nothing yet."""

    def __init__(self, header: str) -> None:
        self.header = header
        super().__init__(f"the response header {header!r} holds characters that may not be sent")
