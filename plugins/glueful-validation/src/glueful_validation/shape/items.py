"""Many values of one type: those of an array, those of a mapping."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ..pointer import Path, path_in
from .node import Node
from .walk import Walk, no_sibling

CHUNK = 256
"""Values that msgspec judges at once, so that few are held in both forms."""


class Items:
    """Collects the errors of many values of one type: runs of good ones at once, each bad one by itself.

    Args:
        node: the type.
        path: to what holds the values.
        walk: the walk.
        is_unnamed: whether what holds them is, see ``Node.is_unnamed``.
    """

    def __init__(self, node: Node, path: Path, walk: Walk, *, is_unnamed: bool) -> None:
        self.node = node
        self.path = path
        self.walk = walk
        self.is_unnamed = is_unnamed

    def collect(self, values: Sequence[Any], steps: Sequence[str | int], refused: int | None) -> None:
        """Collect the errors of all values, and the rules of those that have none.

        Args:
            values: plain data.
            steps: the index or name of each.
            refused: position of the first one that is known to be bad, None if none is.
        """
        if self.walk.lax or self.is_unnamed:
            self._each(values, steps)
            return
        start = 0
        if refused is not None and refused < len(values):
            start = self._until(values, steps, 0, refused)
        while start < len(values):
            chunk = values[start : start + CHUNK]
            try:
                decoded = self._decoded(chunk)
            except msgspec.ValidationError as error:
                place = path_in(str(error))
                if not place or not isinstance(place[0], int) or place[0] >= len(chunk):
                    self._each(chunk, steps[start : start + CHUNK])
                    start += len(chunk)
                    continue
                position = start + place[0]
                known = self.walk.know((*self.path, steps[position], *place[1:]))
                start = self._until(values, steps, start, position)
                self.walk.know(known)
            else:
                self._gather(decoded, steps[start : start + CHUNK])
                start += len(chunk)

    def _until(self, values: Sequence[Any], steps: Sequence[str | int], start: int, refused: int) -> int:
        """Take the values before a refused one as good, and collect the errors of that one.

        Returns:
            Position after it.
        """
        if self.node.has_rules:
            for begin in range(start, refused, CHUNK):
                end = min(begin + CHUNK, refused)
                try:
                    self._gather(self._decoded(values[begin:end]), steps[begin:end])
                except msgspec.ValidationError:  # msgspec named another place than we read
                    self._each(values[begin:end], steps[begin:end])
        self._one(values[refused], steps[refused])
        return refused + 1

    def _decoded(self, values: Sequence[Any]) -> list[Any]:
        decoded: list[Any] = self.walk.judge(
            values,
            list[self.node.annotation],  # type: ignore[name-defined]
            as_json=self.node.counts_distinct,
        )
        return decoded

    def _each(self, values: Sequence[Any], steps: Sequence[str | int]) -> None:
        for value, step in zip(values, steps, strict=True):
            self._one(value, step)

    def _one(self, value: Any, step: str | int) -> None:
        here = (*self.path, step)
        if self.node.collect(value, here, self.walk) and self.node.has_rules:
            self.node.gather(self.node.decoded(value, self.walk), here, "", no_sibling, self.walk.pending)

    def _gather(self, decoded: Sequence[Any], steps: Sequence[str | int]) -> None:
        if self.node.has_rules:
            for value, step in zip(decoded, steps, strict=True):
                self.node.gather(value, (*self.path, step), "", no_sibling, self.walk.pending)
