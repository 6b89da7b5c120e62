"""The base class of models: Piccolo's table, columns and DDL, with our own statements."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import inflection
from piccolo.columns import Column
from piccolo.table import TABLE_REGISTRY, Table

from ..engines import ROUTER
from ..errors import UniqueViolation
from ..events import EVENTS
from ..query.builder import Query
from ..query.loading import load
from ..query.pagination import Page
from ..relations.relation import Relation
from ..transactions import transaction
from . import storing
from .defaults import defaults_of
from .errors import KeylessModel, MassAssignmentError, ModelNotFound, ReservedName, UnknownColumn
from .hybrid import hybrid
from .keyless import remove_key
from .plan import plan_of
from .registry import MODELS
from .scopes import Scope

M = TypeVar("M", bound="Model")


class Model(Table, db=ROUTER):
    """A row of a table, and the way to all of them.

    ``class User(Model): email = Varchar(unique=True)``. Tables are named in the plural unless ``tablename=`` is given.
    Piccolo's own class methods (``User.select()`` …) stay: low-level, without events.

    Class attributes:
        guarded: columns that ``create``, ``fill`` and ``update`` refuse.
        hidden: columns that never leave in JSON.
        appended: properties that do.
        casts: attribute to an enumeration, a Struct or a ``Cast`` such as ``Encrypted()``.
    """

    __slots__ = ("_pivot", "_related", "_siblings", "_stored")

    if TYPE_CHECKING:
        id: Any

    guarded: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    appended: ClassVar[tuple[str, ...]] = ()
    casts: ClassVar[dict[str, Any]] = {}
    version_column: ClassVar[str | None] = None
    __keyless__: ClassVar[bool] = False
    __defaults__: ClassVar[dict[str, Callable[[], Any]]] = {}
    __relations__: ClassVar[dict[str, Any]] = {}
    __scopes__: ClassVar[dict[str, Any]] = {}
    __local_scopes__: ClassVar[dict[str, Any]] = {}
    _plans: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, abstract: bool = False, keyless: bool = False, **options: Any) -> None:
        options.setdefault("db", ROUTER)
        if not abstract:
            options.setdefault("tablename", inflection.pluralize(inflection.underscore(cls.__name__)))
        for name, member in vars(cls).items():
            if isinstance(member, Column | Relation | Scope) and name in _METHODS:
                raise ReservedName(cls.__name__, name)
        super().__init_subclass__(**options)
        cls._plans, cls.__defaults__ = {}, {}
        declared = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
        cls.__relations__ = {name: member for name, member in declared.items() if isinstance(member, Relation)}
        scopes = {name: member for name, member in declared.items() if isinstance(member, Scope)}
        cls.__scopes__ = {name: member.function for name, member in scopes.items() if member.is_global}
        cls.__local_scopes__ = {name: member.function for name, member in scopes.items() if not member.is_global}
        if unknown := sorted(cls.casts.keys() - {column._meta.name for column in cls._meta.columns}):
            raise UnknownColumn(cls.__name__, unknown[0])
        if abstract:
            # Piccolo gives a table without a primary key an `id`; subclasses would inherit it as their own.
            TABLE_REGISTRY.remove(cls)
            if cls._meta.default_columns:
                del cls.id
        elif keyless:
            remove_key(cls)
        if not abstract:
            MODELS[cls.__name__] = cls

    def __init__(self, **values: Any) -> None:
        self._stored: Any = None
        self._siblings: list[Any] | None = None
        self._related: dict[str, Any] = {}
        if not self.__defaults__:
            type(self).__defaults__ = defaults_of(type(self))
        defaults = self.__defaults__
        if not values.keys() <= defaults.keys():
            raise MassAssignmentError(type(self).__name__, sorted(values.keys() - defaults.keys()))
        self.__dict__ = {name: values[name] if name in values else new() for name, new in defaults.items()}

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
    async def paginate(cls, page: int = 1, per_page: int = 20) -> Page[Self]:
        """See ``Query.paginate``."""
        return await Query(cls).paginate(page, per_page)

    @classmethod
    async def all(cls) -> list[Self]:
        """Every row."""
        return await cls.query().get()

    @classmethod
    async def find(cls, key: Any) -> Self | None:
        """The row with a primary key, or None."""
        engine = ROUTER.engine
        plan = plan_of(cls, engine.dialect)
        if not plan.key:
            raise KeylessModel(cls.__name__)
        if cls.__scopes__:
            return await cls.where(**{plan.key: key}).first()
        found = await cls.hydrated(await engine.fetch(plan.find, (plan.encode(plan.key, key),)))
        return found[0] if found else None

    @classmethod
    async def find_or_fail(cls, key: Any) -> Self:
        """The row with a primary key.

        Raises:
            ModelNotFound: there is none.
        """
        if (found := await cls.find(key)) is None:
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

    @classmethod
    def observe(cls, observer: object) -> None:
        """Let an object hear of this model's rows, for the whole process.

        Args:
            observer: has methods named after events (``creating(self, model)``, ``created`` …; plain or ``async``);
                those in ``-ing`` veto by ``False`` or an exception. ``after_commit = True`` lets the others wait.

        Raises:
            TypeError: a public method of it is named after no event.
        """
        EVENTS.observe(cls, observer)

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
    async def update_or_create(cls, values: dict[str, Any], /, **key: Any) -> Self:
        """The first row with these values, changed, or a new one; both have ``values``."""
        async with transaction():
            one = await cls.where(**key).for_update().first() or await cls.first_or_create(values, **key)
            await one.fill(**values).save()
        return one

    @classmethod
    async def insert_many(cls, rows: Sequence[dict[str, Any]]) -> int:
        """Insert rows by one round trip, without model events; the number of rows.

        Raises:
            MassAssignmentError: a name is no column.
        """
        return await storing.insert_many(cls, rows, (), None)

    @classmethod
    async def upsert(cls, rows: Sequence[dict[str, Any]], *, unique: Sequence[str], update: Any = None) -> int:
        """Insert rows, or change those that are there, by one round trip and without model events.

        Args:
            rows: values of each row.
            unique: the columns of a unique constraint, by which a row is known.
            update: the columns to change in a row that is there; by default all that are given.

        Raises:
            MassAssignmentError: a name is no column.
        """
        return await storing.insert_many(cls, rows, unique, update)

    @classmethod
    async def destroy(cls, *keys: Any) -> int:
        """Delete rows by primary key, each with its events; how many there were."""
        async with transaction():
            found = await cls.where(**{f"{cls._meta.primary_key._meta.name}__in": list(keys)}).get()
            return sum([await one.delete() for one in found])

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

    @classmethod
    def trash_values(cls) -> dict[str, Any]:
        """What marks a row as deleted; nothing where rows go for good. See ``SoftDeletes``."""
        return {}

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

    def replicate(self, **values: Any) -> Self:
        """A new row with the same values, but for the primary key and ``values``; not stored yet."""
        names = {column._meta.name for column in self._meta.columns}
        key = "" if self.__keyless__ else self._meta.primary_key._meta.name
        copied = {n: deepcopy(v) for n, v in self.__dict__.items() if n in names and n != key}
        return type(self)(**{**copied, **values})

    def dirty(self) -> dict[str, Any]:
        """Attributes that differ from the stored row, with their new values."""
        return storing.changes(self)

    def original(self) -> dict[str, Any]:
        """Attributes as they are stored; empty for a new row."""
        return storing.original(self)

    async def save(self) -> bool:  # type: ignore[override]
        """Insert the row, or update what has changed of it.

        Returns:
            False if a plugin or observer vetoed it by returning ``False``.

        Raises:
            Exception: whatever a veto raised, or the database refused; ``StaleModel`` with an ``OptimisticLock``.
        """
        is_new = not self.is_stored
        changed = {} if is_new else storing.changes(self)
        if not changed and not is_new:
            return True
        fire = EVENTS.fire if EVENTS.is_observed else None
        before, after = ("creating", "created") if is_new else ("updating", "updated")
        if fire:
            if not (await fire("saving", self) and await fire(before, self)):
                return False
            changed = storing.changes(self)
        await (storing.insert(self) if is_new else storing.update(self, changed))
        storing.remember(self)
        if fire:
            await fire(after, self)
            await fire("saved", self)
        return True

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
            False if a plugin or observer vetoed it by returning ``False``.
        """
        if EVENTS.is_observed and not await EVENTS.fire("deleting", self):
            return False
        await storing.delete(self)
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

    async def fresh(self) -> Self | None:
        """The row as stored now, as another instance; None if it does not exist any more."""
        return await type(self).find(self.pk)

    async def load(self, *paths: str) -> Self:
        """Load relations of this instance, as ``with_`` does."""
        await load(type(self), [self], dict.fromkeys(paths))
        return self

    async def load_missing(self, *paths: str) -> Self:
        """Load those relations that are not loaded yet; paths of several levels are loaded if the first is missing."""
        return await self.load(*(path for path in paths if path.partition(".")[0] not in self.loaded_relations))

    def visible(self) -> dict[str, Any]:
        """What may leave in JSON: columns that are not hidden, loaded relations, and what is ``appended``."""
        found = {n: v for n, v in {**self.__dict__, **self.loaded_relations}.items() if n not in self.hidden}
        return found | {name: getattr(self, name) for name in self.appended}


TABLE_REGISTRY.remove(Model)
del Model.id
_METHODS = frozenset(name for name in dir(Model) if not name.startswith("_") and re.match(r"[a-z]", name))
