"""How errors of the queue are answered over HTTP."""

from collections.abc import Mapping
from typing import Any

from . import errors


def error_mappings() -> dict[type[Exception], Mapping[str, Any]]:
    """What ``glueful_error_mappings`` returns."""
    mapped: dict[type[Exception], Mapping[str, Any]] = {
        errors.JobNotFound: {"status": 404, "detail": "There is no such job."},
        errors.QueueNameInvalid: {"status": 404, "detail": "There is no such queue."},
        errors.BrokerUnreachable: {
            "status": 503,
            "detail": "The queue does not answer now.",
            "headers": lambda _: {"Retry-After": "1"},
        },
    }
    return {kind: {"code": kind.code, **mapping} for kind, mapping in mapped.items()}  # type: ignore[attr-defined]
