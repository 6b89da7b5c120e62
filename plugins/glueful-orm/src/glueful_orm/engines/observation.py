"""What happens beside a statement: the slow-query log and the observer."""

import logging
from collections.abc import Callable, Sized
from time import perf_counter
from typing import TypeAlias

Observer: TypeAlias = Callable[[str, float, int | None, BaseException | None], None]
"""Called as ``observer(sql, duration_seconds, rows, error)`` after each statement; never with values."""

_log = logging.getLogger("glueful.orm")


def report(
    sql: str,
    started: float,
    result: object,
    error: BaseException | None,
    observer: Observer | None,
    slow_seconds: float,
) -> None:
    """Log a slow statement and tell the observer.

    Args:
        sql: the text, with placeholders.
        started: ``perf_counter()`` when it was sent.
        result: its rows, or the number of changed ones.
        error: what it failed with.
        observer: who wants to know.
        slow_seconds: from this duration on, it is logged; infinity for never.
    """
    duration = perf_counter() - started
    if isinstance(result, int):
        rows: int | None = result
    else:
        rows = len(result) if isinstance(result, Sized) else None
    if duration >= slow_seconds:
        _log.warning(
            "slow statement: %.0f ms, %s rows: %s",
            duration * 1000,
            "?" if rows is None else rows,
            " ".join(sql.split()),
            extra={"sql": sql, "duration_ms": round(duration * 1000, 3), "rows": rows},
        )
    if observer is not None:
        observer(sql, duration, rows, error)
