"""The one exception handler: whatever leaves a route handler, guard, dependency or middleware becomes a response."""

from traceback import format_exception
from typing import Any

import msgspec
from glueful_hookspecs import request_id
from litestar.connection import Request
from litestar.exceptions import HTTPException
from litestar.response import Response

from .mappings import ErrorMappings
from .problem import Problem
from .rendering import ProblemRenderer, check_fields, response_of, with_default
from .reporting import Reporter
from .settings import ErrorsSettings
from .translation import INTERNAL, Answer, translate

TRACEBACK_LINES = 200


class ProblemHandler:
    """A Litestar exception handler for ``Exception``, and so for every error that no nearer handler takes.

    Args:
        settings: the plugin's settings.
        mappings: the registry of exception classes.
        renderer: the format.
        reporter: what is logged.
    """

    def __init__(
        self, settings: ErrorsSettings, mappings: ErrorMappings, renderer: ProblemRenderer, reporter: Reporter
    ) -> None:
        self._settings = settings
        self._mappings = mappings
        self._renderer = renderer
        self._reporter = reporter

    def __call__(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """Answer ``error``. What fails in here is logged, with ``error`` as its context, and answered, too."""
        try:
            return self._respond(request, error)
        except Exception as failure:
            return self._respond_internal(request, failure)

    def _respond(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        answer: Answer | Response[Any]
        if callable(getattr(error, "render", None)):
            answer = self._rendered_by(error, request)
        elif isinstance(error, HTTPException) and 300 <= error.status_code < 400:
            check_fields(error.headers or {})
            answer = Response(b"", status_code=error.status_code, headers=error.headers)
        else:
            answer = translate(error, self._mappings, self._settings.max_errors)
        if isinstance(answer, Response):
            status, code, is_our_fault, response = answer.status_code or 200, "", True, answer
        else:
            problem = self._completed(answer.problem, request, error)
            headers = with_default(answer.headers, "WWW-Authenticate", self._challenge(problem))
            status, code, is_our_fault = problem.status, problem.code, answer.is_our_fault
            response = response_of(problem, headers, self._renderer, request)
        if status >= 500 and is_our_fault:
            self._reporter.report(error, request.scope, status=status, code=code)
        return response

    def _rendered_by(self, error: Any, request: Request[Any, Any, Any]) -> Answer | Response[Any]:
        outcome = error.render(request)
        if isinstance(outcome, Problem):
            return Answer(outcome, dict(getattr(error, "headers", None) or {}))
        if isinstance(outcome, Response):
            check_fields(outcome.headers)
            outcome.headers.setdefault("X-Request-ID", _request_id(request))
            return outcome
        raise TypeError(f"{type(error).__qualname__}.render() returned neither a Problem nor a Response")

    def _completed(self, problem: Problem, request: Request[Any, Any, Any], error: BaseException) -> Problem:
        if problem.status >= 500 and request.app.debug:
            shown = {**problem.extensions, "exception": _describe(error)}
            problem = msgspec.structs.replace(problem, extensions=shown)
        return problem.completed(
            type_base_url=self._settings.type_base_url,
            instance=_instance(request.scope),
            request_id=_request_id(request),
        )

    def _challenge(self, problem: Problem) -> str:
        return self._settings.challenge if problem.status == 401 else ""

    def _respond_internal(self, request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
        problem = self._completed(INTERNAL.problem, request, failure)
        self._reporter.report(failure, request.scope, status=problem.status, code=problem.code)
        try:
            return response_of(problem, {}, self._renderer, request)
        except Exception as broken:
            if type(broken) is not type(failure):
                self._reporter.report(broken, request.scope, status=problem.status, code=problem.code)
            return response_of(problem, {}, ProblemRenderer(), request)


def _request_id(request: Request[Any, Any, Any]) -> str:
    scope: Any = request.scope
    return request_id(scope)


def _instance(scope: Any) -> str:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in raw_path.partition(b"?")[0])


def _describe(error: BaseException) -> dict[str, Any]:
    """For people who develop: the class, the text and the traceback."""
    kind = type(error)
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "message": _encodable(str(error)),
        "traceback": _encodable("".join(format_exception(error))).splitlines()[-TRACEBACK_LINES:],
    }


def _encodable(text: str) -> str:
    """Lone surrogates, which JSON in UTF-8 cannot hold, as escapes."""
    return text.encode(errors="backslashreplace").decode()
