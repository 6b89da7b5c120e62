"""From an exception to a problem."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from litestar.exceptions import HTTPException

from .errors import ProblemError
from .framework import FrameworkFault, framework_fault
from .mappings import ErrorMapping, ErrorMappings
from .problem import ErrorDetail, Problem


class Answer(NamedTuple):
    """A problem, and the header fields that go with it."""

    problem: Problem
    headers: dict[str, str]
    is_our_fault: bool = True
    """False where a 5xx is due to the client, who went away."""


INTERNAL = Answer(Problem(status=500), {})


def translate(error: BaseException, mappings: ErrorMappings, max_errors: int) -> Answer:
    """Say how ``error`` is answered; shows nothing that was not written for clients.

    Args:
        error: an exception; of a group, the first member that is our fault, else the first.
        mappings: the registry.
        max_errors: greatest number of entries in ``errors``.

    Raises:
        Exception: what a function of a mapping raised.
    """
    mapping = mappings.nearest(type(error))
    if mapping is not None:
        return _of_mapping(error, mapping, max_errors)
    if isinstance(error, HTTPException):
        return _of_http_exception(error, max_errors)
    if isinstance(error, BaseExceptionGroup):
        return max((translate(leaf, mappings, max_errors) for leaf in _leaves(error)), key=_is_internal)
    return INTERNAL


def _is_internal(answer: Answer) -> bool:
    return answer.problem.status >= 500


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for member in group.exceptions:
        if isinstance(member, BaseExceptionGroup):
            yield from _leaves(member)
        else:
            yield member


def _of_mapping(error: BaseException, mapping: ErrorMapping, max_errors: int) -> Answer:
    problem = Problem(
        status=mapping.status,
        code=mapping.code,
        title=mapping.title,
        type=mapping.type,
        detail=mapping.detail(error) if callable(mapping.detail) else mapping.detail,
        errors=details(mapping.errors(error), max_errors) if mapping.errors else (),
    )
    return Answer(problem, dict(mapping.headers(error)) if mapping.headers else {})


def _of_http_exception(error: HTTPException, max_errors: int) -> Answer:
    fault = framework_fault(error, max_errors)
    if fault is not None:
        return _of_framework(error, fault)
    status, code = error.status_code, getattr(error, "code", "") or ""
    is_for_clients = status < 500 or bool(code) or isinstance(error, ProblemError)
    errors = details(getattr(error, "errors", ()), max_errors)
    problem = Problem(
        status=status,
        code=code,
        title=getattr(error, "title", ""),
        type=getattr(error, "type", ""),
        detail=_own_detail(error) if is_for_clients else "",
        errors=errors,
        extensions=_extensions(error, has_errors=bool(errors)) if is_for_clients else {},
    )
    return Answer(problem, dict(error.headers or {}))


def _of_framework(error: HTTPException, fault: FrameworkFault) -> Answer:
    problem = Problem(status=fault.status, code=fault.code, detail=fault.detail, errors=fault.errors)
    return Answer(problem, dict(error.headers or {}), is_our_fault=fault.is_our_fault)


def _extensions(error: HTTPException, *, has_errors: bool) -> dict[str, Any]:
    """Litestar's ``extra`` as members of the problem, unless it is there for Litestar's own rendering of ``errors``."""
    extra = error.extra
    if isinstance(extra, Mapping):
        return {**extra, **getattr(error, "extensions", {})}
    return {**({"extra": extra} if extra and not has_errors else {}), **getattr(error, "extensions", {})}


def _own_detail(error: HTTPException) -> str:
    """What the raiser wrote; empty where Litestar filled in the phrase of the status."""
    try:
        return "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    except ValueError:
        return error.detail


def details(errors: Any, limit: int) -> tuple[ErrorDetail, ...]:
    """Copy what has the attributes of ``ErrorDetail``, at most ``limit`` of it."""
    if callable(errors) or not isinstance(errors, Iterable):
        return ()
    return tuple(_detail(error) for error in islice(errors, limit))


def _detail(error: Any) -> ErrorDetail:
    if isinstance(error, ErrorDetail):
        return error
    location = str(getattr(error, "location", "body"))
    params = getattr(error, "params", None)
    return ErrorDetail(
        code=error.code,
        message=error.message,
        location=location,
        pointer=getattr(error, "pointer", "") if location == "body" else msgspec.UNSET,
        name=getattr(error, "name", msgspec.UNSET) if location != "body" else msgspec.UNSET,
        params=params if isinstance(params, Mapping) and params else msgspec.UNSET,
    )
