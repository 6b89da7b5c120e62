"""Nodes without children: numbers, strings, dates, enums, types that only the application knows."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar.datastructures import UploadFile

from ..pointer import Path
from ..rules.rule import native_rule
from ..rules.values import DECIMAL
from .node import Node
from .walk import Walk

INT64 = range(-(2**63), 2**63)
SPELLINGS = {
    int: re.compile(r"-?(?:0|[1-9][0-9]*)"),
    float: re.compile(DECIMAL),
    Decimal: re.compile(DECIMAL),
    dt.datetime: re.compile(r"[0-9]{4}-[ -~]+"),
    dt.timedelta: re.compile(r"-?P[ -~]+"),
}
"""Text that stands for a type in a URL or form, where msgspec is more generous than the published schema."""

_PLAIN_CODES = {
    "ge": ("min", "min"),
    "le": ("max", "max"),
    "gt": ("greater_than", "limit"),
    "lt": ("less_than", "limit"),
    "multiple_of": ("multiple_of", "step"),
    "min_length": ("min_length", "min"),
    "max_length": ("max_length", "max"),
    "pattern": ("pattern", None),
    "tz": ("timezone", None),
}


class Constraint(NamedTuple):
    """One thing that msgspec checks beyond the type, and what it is called when it fails."""

    annotation: Any
    """The bare type with this constraint alone."""
    code: str
    params: Mapping[str, Any]
    message: str | None


def constraints_of(bare: Any, metas: Iterable[msgspec.Meta]) -> tuple[Constraint, ...]:
    """Take the ``Meta`` objects of one annotation apart.

    Args:
        bare: the type without them.
        metas: as written; the constraints of one with a name fail together, those of a plain one each for itself.
    """
    constraints = []
    for meta in metas:
        present = {name: value for name in _PLAIN_CODES if (value := getattr(meta, name)) is not None}
        if not present:
            continue
        if named := native_rule(meta):
            alone = Annotated[bare, msgspec.Meta(**present)]
            constraints.append(Constraint(alone, named.code, named.params, named.message))
            continue
        for name, value in present.items():
            code, parameter = _PLAIN_CODES[name]
            if name == "tz":
                code = "timezone" if value else "no_timezone"
            params = {} if parameter is None else {parameter: value}
            constraints.append(Constraint(Annotated[bare, msgspec.Meta(**{name: value})], code, params, None))
    return tuple(constraints)


class Leaf(Node):
    """A value that is judged as a whole.

    Args:
        annotation: the type as declared.
        bare: the same without constraints.
        kind: code of the error for another type.
        python_types: types of decoded values.
        json_types: types of plain data.
        constraints: what must hold beyond the type.
        params: of the error for another type, ``{"values": [...]}`` for an enum.
        spelling: what text from a URL or form must look like; msgspec itself would take ``1e3`` for an integer.
        offences: see ``limits``.
    """

    def __init__(
        self,
        annotation: Any,
        bare: Any,
        kind: str,
        python_types: tuple[type, ...],
        json_types: tuple[type, ...],
        constraints: Sequence[Constraint] = (),
        *,
        params: Mapping[str, Any] | None = None,
        spelling: re.Pattern[str] | None = None,
        offences: frozenset[str] = frozenset(),
    ) -> None:
        self.annotation = annotation
        self.bare = bare
        self.kind = kind
        self.python_types = python_types
        self.json_types = json_types
        self.constraints = tuple(constraints)
        self.params = params or {}
        self.spelling = spelling
        self.offences = offences

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """The type first; then every constraint."""
        if walk.lax and isinstance(value, str) and self.spelling is not None and not self.spelling.fullmatch(value):
            walk.add(path, self.kind, self.params)
            return False
        if not walk.accepts(value, self.bare):
            walk.add(path, self.kind, self.params)
            return False
        if walk.lax and "int64" in self.offences and isinstance(value, str) and int(value) not in INT64:
            walk.add(path, "int64")
            return False
        holds = True
        for constraint in self.constraints:
            if not walk.accepts(value, constraint.annotation):
                walk.add(path, constraint.code, constraint.params, constraint.message)
                holds = False
        return holds

    def limits(self, offence: str) -> bool:
        """Whether this leaf's type has that limit."""
        return offence in self.offences


class CustomNode(Leaf):
    """A type that msgspec does not know; Litestar's type decoders make it, for example a Pydantic model."""

    def __init__(self, annotation: Any, cls: type) -> None:
        kind = "file" if issubclass(cls, UploadFile) else "invalid"
        super().__init__(annotation, annotation, kind, (cls,), (object,))

    def collect(self, value: Any, path: Path, walk: Walk) -> bool:
        """The decoder's verdict, with all its errors where it lists them as Pydantic does."""
        try:
            walk.convert(value, self.annotation)
        except msgspec.ValidationError as error:
            listed = getattr(error, "errors", None) or getattr(error.__cause__, "errors", None)
            if not isinstance(listed, list):
                walk.add(path, self.kind)
                return False
            for item in listed:
                steps = tuple(step for step in item.get("loc", ()) if isinstance(step, str | int))
                walk.add((*path, *steps), str(item.get("type", self.kind)), None, str(item.get("msg", "")) or None)
            return False
        return True
