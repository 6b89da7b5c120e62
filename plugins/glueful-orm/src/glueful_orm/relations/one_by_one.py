"""What happens when a relation is touched on a row of a result, for those who want each load to be written down."""

import logging
import sys
from pathlib import Path
from typing import Any

from ..engines import ROUTER
from ..model.errors import LoadingOneByOne

_log = logging.getLogger("glueful.orm")
_PACKAGE = str(Path(__file__).parent.parent)


def notice(instance: Any, relation: str, rows: int) -> None:
    """Log or refuse it, as the setting ``n_plus_one`` says; ``auto`` does neither.

    Raises:
        LoadingOneByOne: the setting is ``raise``.
    """
    mode = ROUTER.engine.n_plus_one
    if mode == "auto":
        return
    error = LoadingOneByOne(type(instance).__name__, relation, rows, _place())
    if mode == "raise":
        raise error
    _log.warning("%s", error)


def _place() -> str:
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "?" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
