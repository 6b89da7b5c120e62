"""Typed errors for route handlers, and what can be wrong with the set-up of glueful-errors."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil
from typing import Any

from glueful_hookspecs import GluefulError
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    ServiceUnavailableException,
    TooManyRequestsException,
)

# Litestar does not re-export this one, and raises it for bodies that are too large.
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from .problem import ErrorDetail


class ProblemError(HTTPException):
    """A Litestar ``HTTPException`` with what a problem needs. Subclass it, or one of those below, for your own.

    ``code``, ``type`` and ``title`` may be set on a subclass. The ``detail`` is always shown to the client, also of a
    5xx: it is written for them.

    Args:
        detail: what went wrong this time; repeats nothing internal. By default the sentence of the status.
        code: what went wrong, for programs; by default that of the class, or of the status.
        errors: each thing that is wrong, where there are several.
        headers: header fields of the response.
        extensions: further members of the problem.
    """

    code: str = ""
    type: str = ""
    title: str = ""

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        errors: Sequence[ErrorDetail] = (),
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail=detail, headers=dict(headers or {}))
        self.code = code or self.code
        self.errors = errors
        self.extensions = extensions or {}


class BadRequest(ProblemError, ClientException):
    """400: the request cannot be understood."""


class Unauthorized(ProblemError, NotAuthorizedException):
    """401: no credentials, or none that are accepted.

    Args:
        detail: as in ``ProblemError``.
        challenge: ``WWW-Authenticate``; by default the setting ``challenge``.
        options: the others of ``ProblemError``.
    """

    def __init__(self, detail: str = "", *, challenge: str = "", **options: Any) -> None:
        super().__init__(detail, **_with_header(options, "WWW-Authenticate", challenge))


class Forbidden(ProblemError, PermissionDeniedException):
    """403: the caller is known and may not do this."""


class NotFound(ProblemError, NotFoundException):
    """404: there is no such resource, or the caller is not to know of it."""


class MethodNotAllowed(ProblemError, MethodNotAllowedException):
    """405: the resource does not know this method.

    Args:
        detail: as in ``ProblemError``.
        allow: the methods that it knows.
        options: the others of ``ProblemError``.
    """

    def __init__(self, detail: str = "", *, allow: Collection[str], **options: Any) -> None:
        super().__init__(detail, **_with_header(options, "Allow", ", ".join(allow)))


class NotAcceptable(ProblemError, ClientException):
    """406: no representation fits the ``Accept…`` fields."""

    status_code = 406


class Conflict(ProblemError, ClientException):
    """409: the request conflicts with the state of the resource."""

    status_code = 409


class Gone(ProblemError, ClientException):
    """410: the resource was here, and will not come back."""

    status_code = 410


class PreconditionFailed(ProblemError, ClientException):
    """412: ``If-Match`` or another precondition does not hold."""

    status_code = 412


class PayloadTooLarge(ProblemError, RequestEntityTooLarge):
    """413: the content is larger than is taken here."""


class UnsupportedMediaType(ProblemError, ClientException):
    """415: the content has a type or coding that is not taken here."""

    status_code = 415


class Unprocessable(ProblemError, ClientException):
    """422: the content is well-formed, and not valid."""

    status_code = 422


class PreconditionRequired(ProblemError, ClientException):
    """428: the request has to carry ``If-Match`` or another precondition."""

    status_code = 428


class TooManyRequests(ProblemError, TooManyRequestsException):
    """429: the caller's limit is used up.

    Args:
        detail: as in ``ProblemError``.
        retry_after: seconds from now, or an aware time; sent as ``Retry-After`` (RFC 9110 section 10.2.3).
        options: the others of ``ProblemError``.
    """

    def __init__(self, detail: str = "", *, retry_after: float | datetime | None = None, **options: Any) -> None:
        super().__init__(detail, **_with_header(options, "Retry-After", _retry_after(retry_after)))


class InternalError(ProblemError, InternalServerException):
    """500: something failed on our side that is not the caller's fault."""


class BadGateway(ProblemError, InternalServerException):
    """502: a server behind this one answered wrongly."""

    status_code = 502


class ServiceUnavailable(ProblemError, ServiceUnavailableException):
    """503: not available at the moment.

    Args:
        detail: as in ``ProblemError``.
        retry_after: seconds from now, or an aware time; sent as ``Retry-After`` (RFC 9110 section 10.2.3).
        options: the others of ``ProblemError``.
    """

    def __init__(self, detail: str = "", *, retry_after: float | datetime | None = None, **options: Any) -> None:
        super().__init__(detail, **_with_header(options, "Retry-After", _retry_after(retry_after)))


class GatewayTimeout(ProblemError, InternalServerException):
    """504: a server behind this one did not answer in time."""

    status_code = 504


def _with_header(options: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    return {**options, "headers": {name: value, **(options.get("headers") or {})}} if value else options


def _retry_after(value: float | datetime | None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("retry_after has no time zone")
        return format_datetime(value.astimezone(UTC), usegmt=True)
    return str(max(0, ceil(value)))


class UnsafeHeader(ValueError):
    """A header field of an error response holds what RFC 9110 section 5.5 forbids: answered as an internal error.

    Args:
        header: the name of the field.
    """

    def __init__(self, header: str) -> None:
        self.header = header
        super().__init__(f"the header field {header!r} of an error response holds forbidden characters")


class ErrorMappingInvalid(GluefulError):
    """A plugin's ``glueful_error_mappings`` returned something that is no mapping of an error."""

    code = "errors.mapping_invalid"

    def __init__(self, plugin: str, key: object, reason: str) -> None:
        self.plugin, self.key, self.reason = plugin, key, reason
        super().__init__(
            what=f"{plugin} maps {_name(key)} to a problem in a way that cannot be used: {reason}",
            fix="return {ExceptionClass: {'status': 409, 'code': 'orders.closed', ...}} from glueful_error_mappings()",
        )


class ErrorMappingConflict(GluefulError):
    """Two plugins map the same exception class."""

    code = "errors.mapping_conflict"

    def __init__(self, plugin: str, other: str, error: type[Exception]) -> None:
        self.plugin, self.other, self.error = plugin, other, error
        super().__init__(
            what=f"{plugin} maps {_name(error)} to a problem, which {other} does already",
            fix=f"add 'override': True to the mapping of {plugin}, or map a subclass",
        )


class ProblemRendererConflict(GluefulError):
    """Two plugins replace the format of problems."""

    code = "errors.renderer_conflict"

    def __init__(self, plugins: Sequence[str]) -> None:
        self.plugins = plugins
        super().__init__(
            what=f"{' and '.join(plugins)} each replace the format of problems",
            fix=f"start without one of them, for example --without {plugins[-1]}",
        )


class UnknownErrorClass(GluefulError):
    """What is not to be reported is no exception class.

    Args:
        name: as written in the setting ``do_not_report``, or what a plugin returned.
        plugin: who returned it from ``glueful_unreported_errors``; empty for the setting.
    """

    code = "errors.unknown_class"

    def __init__(self, name: str, plugin: str = "") -> None:
        self.name, self.plugin = name, plugin
        super().__init__(
            what=f"{plugin or 'errors.do_not_report'} names {name!r}, which is no exception class",
            fix="return exception classes" if plugin else "write the class as package.module.Name",
        )


def _name(key: object) -> str:
    return f"{key.__module__}.{key.__qualname__}" if isinstance(key, type) else repr(key)


for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, Exception) and _error.__module__ == __name__:
        _error.__module__ = "glueful_errors"
