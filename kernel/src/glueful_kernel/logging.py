"""Log lines: JSON in production, readable in development, the request id in each."""

import logging
import sys
from collections.abc import MutableMapping
from functools import partial
from typing import Any

import structlog
from glueful_hookspecs import current_scope, request_id


def add_request_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: ``request_id`` of the request that is being served, if any."""
    event.pop("color_message", None)
    scope = current_scope.get(None)
    if scope is not None and scope["type"] != "lifespan":
        event.setdefault("request_id", request_id(scope))
    return event


def is_news(record: logging.LogRecord) -> bool:
    """False for the traceback that servers print of a refused start: ``lifespan`` has said it in one line."""
    return "glueful_kernel.errors.StartupFailed: " not in str(record.msg)


_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    add_request_id,
]


def configure(environment: str, level: str | None = None) -> None:
    """Send structlog through the standard library, unless the application configured it already.

    Args:
        environment: ``production`` writes a JSON object a line; any other, lines for people.
        level: a level of the standard library; then the root logger gets one handler on standard error, which renders
            the lines of every library. None leaves the root logger alone: ``GLUEFUL_LOG_LEVEL``, which
            ``glueful serve`` sets, decides.
    """
    if not structlog.is_configured():
        plain = structlog.processors.KeyValueRenderer(key_order=["event"])
        structlog.configure(
            processors=[
                *_PROCESSORS,
                plain if level is None else structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
    if level is None:
        return
    # Tracebacks without local variables: those hold passwords and tokens.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    to_console = partial(structlog.dev.ConsoleRenderer, exception_formatter=structlog.dev.plain_traceback)
    render: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
        if environment == "production"
        else [to_console(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler()
    handler.addFilter(is_news)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_PROCESSORS],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _STAMP, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
