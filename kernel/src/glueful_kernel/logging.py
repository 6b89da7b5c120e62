"""Log lines: JSON in production, readable in development, the request id in each."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog
from glueful_hookspecs import current_scope, request_id


def add_request_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: ``request_id`` of the request that is being served, if any."""
    scope = current_scope.get(None)
    if scope is not None:
        event.setdefault("request_id", request_id(scope))
    return event


def _processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
    ]


def configure_structlog() -> None:
    """Send structlog through the standard library's loggers, unless the application configured it already."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[*_processors()[:3], add_request_id, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=True,
        )


def configure_process(environment: str, level: str = "INFO") -> None:
    """Own the root logger of a process that serves: one handler on standard error, for every library.

    Args:
        environment: ``production`` writes a JSON object a line; any other, lines for people.
        level: a name of the standard library.
    """
    final: list[structlog.typing.Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if environment == "production"
        else [structlog.dev.ConsoleRenderer()]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_processors(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    configure_structlog()
