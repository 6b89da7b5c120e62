"""RealWorld's own format of errors: ``{"errors": {"body": ["…"]}}``."""

from typing import Any

from glueful_errors import Problem, ProblemRenderer
from litestar import Request
from msgspec import Struct


class Messages(Struct):
    body: list[str]


class ErrorBody(Struct):
    errors: Messages


class RealWorldRenderer(ProblemRenderer):
    """Every error of every origin in RealWorld's format."""

    media_type = "application/json"
    body_type = ErrorBody

    def status(self, problem: Problem) -> int:
        """RealWorld knows 401, 403, 404 and 422: what else a client sent wrong is 422."""
        return 422 if problem.status in (400, 409) else problem.status

    def body(self, problem: Problem, request: Request[Any, Any, Any]) -> ErrorBody:  # noqa: ARG002
        """A line for each thing that is wrong."""
        lines = [f"{str(e.pointer or e.name or '').rpartition('/')[2]} {e.message}".strip() for e in problem.errors]
        return ErrorBody(Messages(lines or [problem.detail or problem.title]))
