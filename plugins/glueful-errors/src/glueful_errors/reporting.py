"""What is written to the log about an error, once and with the request id."""

import logging
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from traceback import walk_tb
from typing import Any, TypeGuard

import structlog
from glueful_hookspecs import Contribution, NumberNotFinite, request_id
from litestar.exceptions import WebSocketException

from .errors import UnknownErrorClass

LOGGER_NAME = "glueful_errors"


class Reporter:
    """Decides what is logged, and logs it.

    Args:
        unreported: exception classes that are never logged, subclasses included.
    """

    def __init__(self, unreported: Collection[type[Exception]] = ()) -> None:
        self._unreported = tuple(unreported)

    def report(self, error: BaseException, scope: Any, *, status: int, code: str) -> None:
        """Log ``error`` with its traceback; nothing of the request that its sender chose, but its method.

        Args:
            error: what failed.
            scope: the ASGI scope of the connection.
            status: the status code of the answer.
            code: the code of the answer.
        """
        if isinstance(error, self._unreported):
            return
        facts = {
            "request_id": request_id(scope),
            "method": scope.get("method", scope["type"]),
            "route": scope.get("path_template"),
            "status": status,
            "code": code,
            **({"header": header} if (header := faulty_header(error)) else {}),
            **({"pointer": error.pointer} if isinstance(error, NumberNotFinite) else {}),
        }
        try:
            structlog.get_logger(LOGGER_NAME).error("request_failed", exc_info=error, **facts)
        except Exception:
            # A processor of the application's failed. The standard library prints where no handler can.
            logging.getLogger(LOGGER_NAME).exception("request_failed %s", facts, exc_info=error)

    async def report_websocket(self, error: Exception, scope: Any) -> None:
        """Log what broke a WebSocket, which Litestar closes with a code above 4000. For ``after_exception=``."""
        is_expected = isinstance(error, WebSocketException) or getattr(error, "status_code", 500) < 500
        if scope["type"] == "websocket" and not is_expected:
            self.report(error, scope, status=500, code="websocket.failed")


def unreported_classes(names: Iterable[str], contributions: Iterable[Contribution]) -> Iterator[type[Exception]]:
    """The classes of the setting ``do_not_report`` and of the hook ``glueful_unreported_errors``.

    Raises:
        UnknownErrorClass: a name, or what a plugin returned, is no exception class.
    """
    for name in names:
        kind = _import(name)
        if not _is_exception_class(kind):
            raise UnknownErrorClass(name)
        yield kind
    for plugin, classes in contributions:
        for kind in classes:
            if not _is_exception_class(kind):
                raise UnknownErrorClass(repr(kind), plugin)
            yield kind


def _import(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module or "builtins"), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnknownErrorClass(name) from error


def _is_exception_class(kind: object) -> TypeGuard[type[Exception]]:
    return isinstance(kind, type) and issubclass(kind, Exception)


def faulty_header(error: BaseException) -> str | None:
    """The name of the response header that ``error`` is about, if it is about one.

    An exception may say it in its attribute ``header``. Litestar's own failure to encode a value is a bare
    ``UnicodeEncodeError``: there the name stands in the frame that failed.
    """
    header = getattr(error, "header", None)
    if isinstance(header, str):
        return header
    if isinstance(error, UnicodeEncodeError | AttributeError) and error.__traceback__ is not None:
        for frame, _ in walk_tb(error.__traceback__):
            module = frame.f_globals.get("__name__")
            if module == "litestar.datastructures.headers" and isinstance(frame.f_locals.get("key"), str):
                return str(frame.f_locals["key"])
            if module == "litestar.datastructures.cookie":
                return "set-cookie"
    return None
