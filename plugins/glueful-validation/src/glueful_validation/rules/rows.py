"""Rules that ask the database. They run last, and all values for one column are looked up by one statement."""

# ruff: noqa: ARG002  every rule has the same method

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self

from ..context import RequestContext, RuleContext
from .rule import Rule, Verdict


class NamedColumn(NamedTuple):
    """A column by name, from the pipe form ``unique:users,email``."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


class RowRule(Rule):
    """A rule about rows; how ``Unique`` and ``Exists`` are run.

    Args:
        column: a column object of the plugin that owns the table, ``User.email``, or a ``NamedColumn``.
        normalize: makes the value into the form that the column stores, before it is looked up.
        message: instead of the catalogue's.
    """

    must_exist: bool
    is_batched: ClassVar[bool] = True
    """Tells these rules from others; ``isinstance`` takes long for classes of a protocol."""

    def __init__(
        self, column: Any, *, normalize: Callable[[Any], Any] | None = None, message: str | None = None
    ) -> None:
        self.column = column
        self.normalize = normalize
        self.message = message

    def ignored_pk(self, request: RequestContext) -> object | None:
        """Primary key of the row that does not count in this request, None for none."""
        return None

    def check(self, value: Any, context: RuleContext) -> Verdict:
        """Never called: rows are looked up for all values at once."""
        raise NotImplementedError(f"{self!r} is looked up in batches")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.column})"


class Unique(RowRule):
    """No row has this value in the column yet, and no other item of the same request has it.

    Two requests at the same moment can both pass: keep the unique constraint in the database, it decides.

    Args:
        column: see ``RowRule``.
        ignore: name of the path parameter that holds the primary key of the row being changed.
        normalize: see ``RowRule``.
        message: instead of the catalogue's.
    """

    code = "unique"
    must_exist = False

    def __init__(
        self,
        column: Any,
        *,
        ignore: str | None = None,
        normalize: Callable[[Any], Any] | None = None,
        message: str | None = None,
    ) -> None:
        super().__init__(column, normalize=normalize, message=message)
        self._ignore_parameter = ignore
        self._ignored: object | None = None

    def ignore(self, row: object) -> Self:
        """The same rule without one row, for use in ``FormRequest.rules``.

        Args:
            row: the model being changed (its ``pk`` counts), or its primary key.
        """
        other = type(self)(self.column, ignore=self._ignore_parameter, normalize=self.normalize, message=self.message)
        other._ignored = getattr(row, "pk", row)  # noqa: SLF001  a copy of itself
        return other

    def ignored_pk(self, request: RequestContext) -> object | None:
        """What ``ignore`` was given, or the path parameter's value."""
        if self._ignored is not None or self._ignore_parameter is None:
            return self._ignored
        ignored: object | None = request.path_params[self._ignore_parameter]
        return ignored


class Exists(RowRule):
    """Some row has this value in the column."""

    code = "exists"
    must_exist = True
