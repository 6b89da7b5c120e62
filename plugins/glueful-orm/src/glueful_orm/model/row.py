"""One row: its values, its identity, and what of it has changed."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self

from . import storing
from .defaults import defaults_of
from .errors import MassAssignmentError
from .siblings import Siblings


class ModelRow:
    """The part of ``Model`` that asks no database.

    Values live in ``__dict__``, which holds the columns, what ``with_count`` and its like add, and nothing else.
    """

    if TYPE_CHECKING:
        _meta: Any
        _related: dict[str, Any] | None
        _siblings: Siblings | None
        _stored: Any

    guarded: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    appended: ClassVar[tuple[str, ...]] = ()
    not_replicated: ClassVar[frozenset[str]] = frozenset()
    __keyless__: ClassVar[bool] = False
    __refused__: ClassVar[frozenset[str]] = frozenset()
    __foreign_keys__: ClassVar[tuple[str, ...]] = ()
    __defaults__: ClassVar[dict[str, Callable[[], Any]]] = {}
    __relations__: ClassVar[dict[str, Any]] = {}

    def __init__(self, **values: Any) -> None:
        self._stored = None
        self._siblings = None
        self._related = {}
        if not self.__defaults__:
            model: Any = type(self)
            model.__defaults__ = defaults_of(model)
        defaults = self.__defaults__
        if not values.keys() <= defaults.keys():
            raise MassAssignmentError(type(self).__name__, sorted(values.keys() - defaults.keys()))
        self._take_keys(values)
        self.__dict__ = {name: values[name] if name in values else new() for name, new in defaults.items()}

    def _take_keys(self, values: dict[str, Any]) -> None:
        for name in self.__foreign_keys__:
            if isinstance(other := values.get(name), ModelRow):
                values[name] = other.pk

    @property
    def pk(self) -> Any:
        """The primary key; None before the row is inserted, and in a table without one."""
        return None if self.__keyless__ else self.__dict__.get(self._meta.primary_key._meta.name)

    @property
    def is_stored(self) -> bool:
        """Whether the row was read or inserted, and not deleted since."""
        return self._stored is not None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.pk is not None and self.pk == getattr(other, "pk", None)

    def __hash__(self) -> int:
        return hash((type(self), self.pk)) if self.pk is not None else id(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pk}>"

    __str__ = __repr__

    @property
    def pivot(self) -> Any:
        """The row of the pivot by which a ``belongs_to_many`` found this row; None for other rows."""
        return getattr(self, "_pivot", None)

    @property
    def loaded_relations(self) -> Mapping[str, Any]:
        """What is loaded, by relation: a row, None or a list."""
        return getattr(self, "_related", None) or {}

    @classmethod
    def _refuse_guarded(cls, values: dict[str, Any]) -> None:
        if not cls.__refused__.isdisjoint(values):
            raise MassAssignmentError(cls.__name__, sorted(cls.__refused__ & values.keys()))

    def fill(self, **values: Any) -> Self:
        """Set attributes, as ``create`` does.

        Raises:
            MassAssignmentError: a name is no column, or guarded.
        """
        self._refuse_guarded(values)
        if unknown := sorted(values.keys() - {column._meta.name for column in self._meta.columns}):
            raise MassAssignmentError(type(self).__name__, unknown)
        self._take_keys(values)
        self.__dict__.update(values)
        return self

    def replicate(self, **values: Any) -> Self:
        """A new row of the same values, but for the primary key, ``not_replicated`` and ``values``; not stored yet."""
        left_out = {"" if self.__keyless__ else self._meta.primary_key._meta.name}
        left_out.update(*(vars(base).get("not_replicated", ()) for base in type(self).__mro__))
        names = {column._meta.name for column in self._meta.columns} - left_out
        copied = {name: deepcopy(value) for name, value in self.__dict__.items() if name in names}
        return type(self)(**{**copied, **values})

    def dirty(self) -> dict[str, Any]:
        """Attributes that differ from the stored row, with their new values."""
        row: Any = self
        return storing.changes(row)

    def original(self) -> dict[str, Any]:
        """Attributes as they are stored; empty for a new row."""
        row: Any = self
        return storing.original(row)

    def _forget(self, changed: dict[str, Any]) -> None:
        # What was loaded by a key that is another one now.
        loaded = getattr(self, "_related", None) or {}
        for name in [name for name in loaded if self.__relations__[name].depends_on(changed)]:
            del loaded[name]

    def visible(self) -> dict[str, Any]:
        """What may leave in JSON: columns that are not hidden, loaded relations, and what is ``appended``."""
        everything = {**self.__dict__, **self.loaded_relations}
        found = {name: value for name, value in everything.items() if name not in self.hidden}
        return found | {name: getattr(self, name) for name in self.appended}
