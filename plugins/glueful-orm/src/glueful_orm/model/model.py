"""The base class of models: Piccolo's table, columns and DDL, with our own statements."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import inflection
from piccolo.columns import Column, Serial
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
from .errors import KeylessModel, ModelNotFound, ReservedName, UnknownColumn
from .hybrid import hybrid
from .keyless import remove_key
from .metaclass import ModelMeta
from .plan import UNREADABLE, plan_of
from .registry import MODELS
from .row import ModelRow
from .scopes import Scope

M = TypeVar("M", bound="Model")


class Model(ModelRow, Table, metaclass=ModelMeta, db=ROUTER):
    """A row of a table, and the way to all of them.

    ``class User(Model): email = Varchar(unique=True)``. Tables are named in the plural unless ``tablename=`` is given.
    Piccolo's own class methods (``User.select()`` …) stay: low-level, without events.

    Class attributes:
        guarded: columns that ``create``, ``fill`` and ``update`` refuse, besides those of its base classes and a key
            that the database makes.
        hidden: columns that never leave in JSON.
        appended: properties that do.
        casts: attribute to an enumeration, a Struct or a ``Cast`` such as ``Encrypted()``.
    """

    __slots__ = ("_pivot", "_related", "_siblings", "_stored")

    if TYPE_CHECKING:
        id: Any

    casts: ClassVar[dict[str, Any]] = {}
    version_column: ClassVar[str | None] = None
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
            MODELS.add(cls)
            made = {c._meta.name for c in cls._meta.columns if isinstance(c, Serial) and c._meta.primary_key}
            cls.__refused__ = frozenset(made).union(*(vars(base).get("guarded", ()) for base in cls.__mro__))
            cls.__foreign_keys__ = tuple(column._meta.name for column in cls._meta.foreign_key_columns)

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
        """The row with a primary key, or None; also None for a key that the column cannot hold, such as 2**99.

        Raises:
            DataError: the key is of another type than the column.
        """
        if cls.__keyless__:
            raise KeylessModel(cls.__name__)
        if cls.__scopes__:
            plan = plan_of(cls, ROUTER.engine.dialect)
            return None if plan.encoded_key(key) is None else await cls.where(**{plan.key: key}).first()
        return await cls._read(key)

    @classmethod
    async def _read(cls, key: Any) -> Self | None:
        engine = ROUTER.engine
        plan = plan_of(cls, engine.dialect)
        if (encoded := plan.encoded_key(key)) is None:
            return None
        found = await cls.hydrated(await engine.fetch(plan.find, (encoded,)))
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
    async def hydrated(cls, rows: Sequence[Any], key: str = "", groups: Any = None) -> list[Self]:
        """Instances of rows that hold the model's columns first, siblings of one another.

        Each is added to the one of ``groups`` that its attribute ``key`` names, if there are any.
        """
        plan = plan_of(cls, ROUTER.engine.dialect)
        try:
            found: list[Self] = plan.hydrator(key)(rows, [], len(plan.names), groups)
        except UNREADABLE:
            if (error := plan.unreadable(rows)) is None:
                raise
            raise error from None
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
        if is_new:
            await storing.insert(self)
        elif changed:
            await storing.update(self, changed)
            self._forget(changed)
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

    async def increment(self, name: str, by: Any = 1, **values: Any) -> Self:
        """Add to a number in the database, so that nobody else's change is lost; the result is read back.

        Args:
            name: an attribute.
            by: may be negative.
            values: other attributes to set by the same statement.

        Raises:
            ModelNotFound: the row does not exist any more.
        """
        query = self.query().without_scopes().where(**{self._meta.primary_key._meta.name: self.pk})
        if not await query.increment(name, by, **values):
            raise ModelNotFound(type(self).__name__, self.pk)
        return await self.refresh()

    async def refresh(self) -> Self:  # type: ignore[override]
        """Read the row again, whatever global scopes say; loaded relations are forgotten.

        Raises:
            ModelNotFound: it does not exist any more.
        """
        fresh = await self.fresh()
        if fresh is None:
            raise ModelNotFound(type(self).__name__, self.pk)
        self.__dict__.update(fresh.__dict__)
        self._stored, self._related = fresh._stored, {}
        return self

    async def fresh(self) -> Self | None:
        """The row as stored now, as another instance, whatever global scopes say; None if it is gone."""
        if self.__keyless__:
            raise KeylessModel(type(self).__name__)
        return await type(self)._read(self.pk)

    async def load(self, *paths: str) -> Self:
        """Load relations of this instance, as ``with_`` does."""
        await load(type(self), [self], dict.fromkeys(paths))
        return self

    async def load_missing(self, *paths: str) -> Self:
        """Load those relations that are not loaded yet; paths of several levels are loaded if the first is missing."""
        return await self.load(*(path for path in paths if path.partition(".")[0] not in self.loaded_relations))


TABLE_REGISTRY.remove(Model)
del Model.id
_METHODS = frozenset(name for name in dir(Model) if not name.startswith("_") and re.match(r"[a-z]", name))
