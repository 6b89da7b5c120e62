"""The base class of models: Piccolo's table, columns and DDL, with our own statements."""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar, Self, TypeVar

import inflection
from piccolo.columns import Column
from piccolo.table import TABLE_REGISTRY, Table

from ..engines import ROUTER
from ..errors import UniqueViolation
from ..events import EVENTS
from ..query.builder import Query
from ..query.loading import load
from ..relations.relation import Relation
from ..transactions import transaction
from .errors import MassAssignmentError, ModelNotFound, ReservedName
from .hybrid import hybrid
from .plan import default_of, plan_of
from .registry import MODELS

M = TypeVar("M", bound="Model")


class Model(Table, db=ROUTER):
    """A row of a table, and the way to all of them.

    ``class User(Model): email = Varchar(unique=True)``. Tables are named in the plural unless ``tablename=`` is given.
    Piccolo's own class methods (``User.select()`` …) stay as they are: low-level, without events.

    Class attributes:
        guarded: columns that ``create``, ``fill`` and ``update`` refuse.
        hidden: columns that never leave in JSON.
    """

    __slots__ = ("_related", "_siblings", "_stored")

    guarded: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    __relations__: ClassVar[dict[str, Any]] = {}
    _plans: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, abstract: bool = False, **options: Any) -> None:
        options.setdefault("db", ROUTER)
        if not abstract:
            options.setdefault("tablename", inflection.pluralize(inflection.underscore(cls.__name__)))
        for name, member in vars(cls).items():
            if isinstance(member, Column | Relation) and name in _METHODS:
                raise ReservedName(cls.__name__, name)
        super().__init_subclass__(**options)
        cls._plans = {}
        cls.__relations__ = {
            name: member
            for base in reversed(cls.__mro__)
            for name, member in vars(base).items()
            if isinstance(member, Relation)
        }
        if abstract:
            # Piccolo gives every table without a primary key an `id`; subclasses would inherit it as one of their own.
            TABLE_REGISTRY.remove(cls)
            if cls._meta.default_columns:
                del cls.id  # type: ignore[attr-defined]
        else:
            MODELS[cls.__name__] = cls

    def __init__(self, **values: Any) -> None:
        self._stored: Any = None
        self._siblings: list[Any] | None = None
        self._related: dict[str, Any] = {}
        columns = {column._meta.name: column for column in self._meta.columns}
        if unknown := sorted(values.keys() - columns.keys()):
            raise MassAssignmentError(type(self).__name__, unknown)
        for name, column in columns.items():
            self.__dict__[name] = values[name] if name in values else default_of(column)

    # --- identity ---

    @property
    def pk(self) -> Any:
        """The value of the primary key; None before the row is inserted."""
        return self.__dict__.get(self._meta.primary_key._meta.name)

    @property
    def is_stored(self) -> bool:
        """Whether the row was read or inserted, and not deleted since."""
        return getattr(self, "_stored", None) is not None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.pk is not None and self.pk == getattr(other, "pk", None)

    def __hash__(self) -> int:
        return hash((type(self), self.pk)) if self.pk is not None else id(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pk}>"

    # --- queries ---

    @classmethod
    def query(cls) -> Query[Self]:
        """All rows."""
        return Query(cls)

    @classmethod
    def where(cls, *predicates: Any, **values: Any) -> Query[Self]:
        """See ``Query.where``."""
        return Query(cls).where(*predicates, **values)

    @classmethod
    def with_(cls, *paths: str, **refined: Any) -> Query[Self]:
        """See ``Query.with_``."""
        return Query(cls).with_(*paths, **refined)

    @classmethod
    def order_by(cls, *columns: Any) -> Query[Self]:
        """See ``Query.order_by``."""
        return Query(cls).order_by(*columns)

    @classmethod
    async def paginate(cls, page: int = 1, per_page: int = 20) -> Any:
        """See ``Query.paginate``."""
        return await Query(cls).paginate(page, per_page)

    @classmethod
    async def all(cls) -> list[Self]:
        """Every row."""
        return await Query(cls).get()

    @classmethod
    async def find(cls, key: Any) -> Self | None:
        """The row with a primary key, or None."""
        engine = ROUTER.engine
        plan = plan_of(cls, engine.dialect)
        found = await cls.hydrated(await engine.fetch(plan.find, (plan.encode(plan.key, key),)))
        return found[0] if found else None

    @classmethod
    async def find_or_fail(cls, key: Any) -> Self:
        """The row with a primary key.

        Raises:
            ModelNotFound: there is none.
        """
        found = await cls.find(key)
        if found is None:
            raise ModelNotFound(cls.__name__, key)
        return found

    @classmethod
    async def hydrated(cls, rows: Sequence[Any]) -> list[Self]:
        """Instances of rows that hold the model's columns first, siblings of one another."""
        plan = plan_of(cls, ROUTER.engine.dialect)
        found: list[Self] = plan.hydrate(rows, [], len(plan.names))
        if EVENTS.is_observed:
            for one in found:
                await EVENTS.fire("retrieved", one)
        return found

    # --- writing ---

    @classmethod
    async def create(cls, **values: Any) -> Self:
        """Insert a row.

        Raises:
            MassAssignmentError: a name is no column, or guarded.
            UniqueViolation, NotNullViolation, ForeignKeyViolation, CheckViolation: the database refuses it.
        """
        cls._refuse_guarded(values)
        one = cls(**values)
        await one.save()
        return one

    @classmethod
    async def first_or_create(cls, values: dict[str, Any] | None = None, /, **key: Any) -> Self:
        """The first row with these values, or a new one with ``values`` besides."""
        found = await cls.where(**key).first()
        if found is not None:
            return found
        try:
            async with transaction():
                return await cls.create(**key, **(values or {}))
        except UniqueViolation:
            return await cls.where(**key).first_or_fail()

    @classmethod
    async def insert_many(cls, rows: Sequence[dict[str, Any]]) -> int:
        """Insert rows by one round trip, without model events; the number of rows.

        Raises:
            MassAssignmentError: a name is no column.
        """
        engine = ROUTER.engine
        plan = plan_of(cls, engine.dialect)
        if unknown := sorted({name for row in rows for name in row} - set(plan.names)):
            raise MassAssignmentError(cls.__name__, unknown)
        columns = plan.columns
        values = [
            [plan.encode(n, row[n] if n in row else default_of(columns[n])) for n in plan.inserted] for row in rows
        ]
        return await engine.executemany(plan.insert.partition(" RETURNING ")[0], values)

    @classmethod
    def _refuse_guarded(cls, values: dict[str, Any]) -> None:
        if refused := sorted(cls.guarded & values.keys()):
            raise MassAssignmentError(cls.__name__, refused)

    @classmethod
    def automatic_values(cls) -> dict[str, Any]:
        """New values of the columns that change with every update."""
        return {
            column._meta.name: new() if callable(new := column._meta.auto_update) else new
            for column in cls._meta.auto_update_columns
        }

    def fill(self, **values: Any) -> Self:
        """Set attributes, as ``create`` does.

        Raises:
            MassAssignmentError: a name is no column, or guarded.
        """
        self._refuse_guarded(values)
        if unknown := sorted(values.keys() - {column._meta.name for column in self._meta.columns}):
            raise MassAssignmentError(type(self).__name__, unknown)
        self.__dict__.update(values)
        return self

    def dirty(self) -> dict[str, Any]:
        """Attributes that differ from the stored row, with their new values."""
        if not self.is_stored:
            return dict(self.__dict__)
        plan = plan_of(type(self), ROUTER.engine.dialect)
        changed = {}
        for name, stored in zip(plan.names, self._stored, strict=True):
            value = self.__dict__[name]
            if value is stored:
                continue
            decode = plan.decoders.get(name)
            if isinstance(stored, _Saved):
                before = stored.value
            else:
                before = stored if decode is None or stored is None else decode(stored)
            if before != value:
                changed[name] = value
        return changed

    async def save(self) -> bool:  # type: ignore[override]
        """Insert the row, or update what has changed of it.

        Returns:
            False if a plugin vetoed it by returning ``False``.

        Raises:
            Exception: whatever a veto raised, or the database refused.
        """
        is_new = not self.is_stored
        if not is_new and not self.dirty():
            return True
        fire = EVENTS.fire if EVENTS.is_observed else None
        before, after = ("creating", "created") if is_new else ("updating", "updated")
        if fire and not (await fire("saving", self) and await fire(before, self)):
            return False
        await (self._insert() if is_new else self._update())
        self._remember()
        if fire:
            await fire(after, self)
            await fire("saved", self)
        return True

    def _remember(self) -> None:
        """Keep what was stored, so that changes are seen later, also changes in place."""
        plan = plan_of(type(self), ROUTER.engine.dialect)
        self._stored = tuple(
            _Saved(deepcopy(self.__dict__[name])) if name in plan.decoders else self.__dict__[name]
            for name in plan.names
        )

    async def _insert(self) -> None:
        engine = ROUTER.engine
        plan = plan_of(type(self), engine.dialect)
        rows = await engine.fetch(plan.insert, [plan.encode(name, self.__dict__[name]) for name in plan.inserted])
        if plan.key not in plan.inserted:
            self.__dict__[plan.key] = rows[0][0]

    async def _update(self) -> None:
        engine = ROUTER.engine
        plan = plan_of(type(self), engine.dialect)
        changed = self.dirty()
        for name, value in self.automatic_values().items():
            if name not in changed:
                changed[name] = self.__dict__[name] = value
        values = [plan.encode(name, value) for name, value in changed.items()]
        count = await engine.execute(plan.update(tuple(changed)), [*values, plan.encode(plan.key, self.pk)])
        if not count:
            raise ModelNotFound(type(self).__name__, self.pk)

    @hybrid
    async def update(self, **values: Any) -> bool:
        """Set attributes and save; on the class it is Piccolo's ``update``.

        Raises:
            MassAssignmentError: a name is no column, or guarded.
        """
        return await self.fill(**values).save()

    @hybrid
    async def delete(self) -> bool:
        """Delete the row; on the class it is Piccolo's ``delete``.

        Returns:
            False if a plugin vetoed it by returning ``False``.
        """
        if EVENTS.is_observed and not await EVENTS.fire("deleting", self):
            return False
        engine = ROUTER.engine
        plan = plan_of(type(self), engine.dialect)
        await engine.execute(plan.delete, (plan.encode(plan.key, self.pk),))
        self._stored = None
        if EVENTS.is_observed:
            await EVENTS.fire("deleted", self)
        return True

    async def refresh(self) -> Self:  # type: ignore[override]
        """Read the row again; loaded relations are forgotten.

        Raises:
            ModelNotFound: it does not exist any more.
        """
        fresh = await type(self).find_or_fail(self.pk)
        self.__dict__.update(fresh.__dict__)
        self._stored, self._related = fresh._stored, {}
        return self

    async def load(self, *paths: str) -> Self:
        """Load relations of this instance, as ``with_`` does."""
        await load(type(self), [self], dict.fromkeys(paths))
        return self

    def visible(self) -> dict[str, Any]:
        """What may leave in JSON: columns that are not hidden, and relations that are loaded."""
        hidden = self.hidden
        found = {name: value for name, value in self.__dict__.items() if name not in hidden}
        found.update({n: v for n, v in getattr(self, "_related", {}).items() if n not in hidden})
        return found


class _Saved:
    """A stored value in its Python form, kept apart from the attribute so that changes in place are seen."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


TABLE_REGISTRY.remove(Model)
del Model.id  # type: ignore[attr-defined]
MODELS.pop("Model", None)
_METHODS = frozenset(name for name in dir(Model) if not name.startswith("_") and re.match(r"[a-z]", name))
