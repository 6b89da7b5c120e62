"""Why a request is refused before routing, and why a response is not sent."""

from litestar.exceptions import HTTPException


class EdgeRefused(HTTPException):
    """A request that is refused before routing.

    Args:
        status_code: 400, 414, 417, 431, 501 or 505.
        code: dotted error code.
        detail: what is wrong; repeats nothing of the request.
    """

    def __init__(self, status_code: int, code: str, detail: str) -> None:
        super().__init__(detail, status_code=status_code)
        self.code = code


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
