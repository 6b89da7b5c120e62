"""How errors are answered over HTTP: what passes by itself is 503."""

from collections.abc import Mapping
from typing import Any

from . import errors

RETRY_SOON: Mapping[str, Any] = {"headers": lambda _: {"Retry-After": "1"}}


def error_mappings(*, has_server: bool) -> dict[type[Exception], Mapping[str, Any]]:
    """What ``glueful_error_mappings`` returns.

    Args:
        has_server: whether handlers may use Redis itself, and meet its errors.
    """
    unreachable = {"status": 503, "detail": "A service behind this one cannot be reached.", **RETRY_SOON}
    mapped: dict[type[Exception], Mapping[str, Any]] = {
        errors.StoreUnavailable: {"code": errors.StoreUnavailable.code, **unreachable},
        errors.StoreFull: {"code": errors.StoreFull.code, "status": 507, "detail": "No room is left."},
        errors.LockTaken: {
            "code": errors.LockTaken.code,
            "status": 409,
            "detail": "Another request is doing this; try again.",
            **RETRY_SOON,
        },
        errors.LeaseLost: {"code": errors.LeaseLost.code, **unreachable, "detail": "This took too long; try again."},
    }
    if has_server:
        from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004 - redis-py's own

        mapped |= {
            kind: {"code": errors.StoreUnavailable.code, **unreachable} for kind in (ConnectionError, TimeoutError)
        }
    return mapped
