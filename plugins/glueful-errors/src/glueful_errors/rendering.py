"""From a problem to a response."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from glueful_hookspecs import Contribution, refuse_not_finite
from litestar.connection import Request
from litestar.response import Response
from litestar.serialization import encode_json, get_serializer

from .errors import ProblemRendererConflict, UnsafeHeader
from .problem import Problem
from .schema import Problem as ProblemSchema

PROBLEM_JSON = "application/problem+json"
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class ProblemRenderer:
    """The format of error responses: RFC 9457. To replace it, return a subclass from ``glueful_problem_renderer``.

    Inside the application an answer stays a problem; only its outer form changes, also in OpenAPI.
    """

    media_type: str = PROBLEM_JSON
    """``Content-Type`` of the response."""
    body_type: Any = ProblemSchema
    """The type of what ``body`` returns; shown in OpenAPI."""

    def status(self, problem: Problem) -> int:
        """The status code of the response, 400 to 599."""
        return problem.status

    def body(self, problem: Problem, request: Request[Any, Any, Any]) -> Any:  # noqa: ARG002  subclasses use it
        """What is sent: anything that Litestar can encode as JSON, or text or bytes as they are.

        Args:
            problem: complete; see ``Problem.completed``.
            request: the request that failed; its body may have been read or not.
        """
        return problem.members()


def response_of(
    problem: Problem, headers: Mapping[str, str], renderer: ProblemRenderer, request: Request[Any, Any, Any]
) -> Response[bytes]:
    """The response to a problem. Everything is encoded here, so that no later step can fail.

    Args:
        problem: complete.
        headers: further header fields.
        renderer: the format.
        request: the request that failed.

    Raises:
        UnsafeHeader: a header field holds what RFC 9110 section 5.5 forbids.
        NumberNotFinite: the body has NaN or an infinity, which JSON cannot hold.
        Exception: what the renderer raised, or the encoder about what the renderer returned.
    """
    check_fields(headers)
    body = renderer.body(problem, request)
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        content, serializer = body, get_serializer(request.app.type_encoders)
        body = encode_json(content, serializer)
        refuse_not_finite(body, content, serializer)
    fields = {**headers, "X-Request-ID": problem.request_id}
    return Response(body, status_code=renderer.status(problem), media_type=renderer.media_type, headers=fields)


def check_fields(headers: Mapping[str, Any]) -> None:
    """Refuse header fields that would split the response, or that no server sends.

    Raises:
        UnsafeHeader: with the name of the first such field.
    """
    for name, value in headers.items():
        if not (isinstance(value, str) and _FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(value)):
            raise UnsafeHeader(name)


def the_renderer(contributions: Sequence[Contribution]) -> ProblemRenderer:
    """The renderer that a plugin contributes, or that of RFC 9457.

    Raises:
        ProblemRendererConflict: more than one plugin contributes one.
        TypeError: a plugin contributes something else.
    """
    if len(contributions) > 1:
        raise ProblemRendererConflict([plugin for plugin, _ in contributions])
    for plugin, renderer in contributions:
        if not isinstance(renderer, ProblemRenderer):
            raise TypeError(f"glueful_problem_renderer of {plugin} returned {renderer!r}, not a ProblemRenderer")
        return renderer
    return ProblemRenderer()


def with_default(headers: dict[str, str], name: str, value: str) -> dict[str, str]:
    """``headers`` with ``name``, unless it is there in any spelling or ``value`` is empty."""
    if not value or any(known.lower() == name.lower() for known in headers):
        return headers
    return {**headers, name: value}
