"""Rows of one result, by which a relation that is touched on one is loaded for all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from .model import Model


class Siblings:
    """The rows of a result that are still in use: a row that is kept keeps no other one."""

    __slots__ = ("_rows", "count")

    def __init__(self) -> None:
        self._rows: list[ref[Model]] = []
        self.count = 0

    def remember(self, rows: "Sequence[Model]") -> None:
        """Take the rows of the result."""
        self._rows = list(map(ref, rows))
        self.count = len(rows)

    def rows(self) -> "list[Model]":
        """Those that are still there."""
        return [row for reference in self._rows if (row := reference()) is not None]
