"""Relations over one key: ``has_many``, ``has_one`` and ``belongs_to``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, overload

from typing_extensions import TypeVar

from ..engines import ROUTER
from ..model.plan import plan_of
from ..query.builder import Query
from .relation import Refinement, Related, Relation

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")
R = TypeVar("R")
N = TypeVar("N", default=M)


class Children(Related[M, R]):
    """The rows that name an instance in their key."""

    __slots__ = ()

    async def create(self, **values: Any) -> M:
        """Insert a row that belongs to this instance."""
        relation: Any = self._relation
        created: M = await relation.target.create(**relation.identity(self._instance), **values)
        self.forget()
        return created


class HasMany(Relation[M]):
    """Rows of the target name this model in ``key``.

    Args:
        target: whose rows.
        key: attribute of the target that holds this model's ``local_key``.
        local_key: attribute of this model; by default its primary key.
    """

    is_many = True

    def __init__(self, target: Any, key: str, local_key: str | None = None) -> None:
        super().__init__(target)
        self.key = key
        self._local_key = local_key

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Children[M, list[M]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else Children(self, instance)

    def related(self, instance: "Model") -> Children[M, Any]:
        """See ``Relation``."""
        return Children(self, instance)

    @property
    def local_name(self) -> str:
        """See ``Relation``."""
        return self._local_key or str(self.owner._meta.primary_key._meta.name)

    def identity(self, instance: "Model") -> dict[str, Any]:
        """The attributes by which rows of the target name an instance."""
        return {self.key: instance.__dict__[self.local_name]}

    def source(self, refine: Refinement | None = None) -> tuple[Query[Any], str]:
        """See ``Relation``."""
        query = self.begin(refine)
        return query, query.column(self.key)

    def decoder(self) -> Any:
        """See ``Relation``."""
        return plan_of(self.target, ROUTER.engine.dialect).decoders.get(self.key)

    def query(self, instance: "Model") -> Query[M]:
        """See ``Relation``."""
        return Query(self.target).where(**self.identity(instance))

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """See ``Relation``; the key is one of the target's own columns, so that nothing is selected beside."""
        local = self.local_name
        groups: dict[Any, list[Any]] = {owner.__dict__[local]: [] for owner in owners}
        query, key = self.source(refine)
        if query.row_limit is not None or query.row_offset:
            return await super().load(owners, refine)
        query = query.where_member(key, [k for k in groups if k is not None])
        found: list[Any] = await query.get_in_groups(self.key, groups)
        for owner in owners:
            group = groups[owner.__dict__[local]]
            self.store(owner, group if self.is_many else next(iter(group), None))
        return found


class HasOne(HasMany[M]):
    """At most one row of the target names this model in ``key``."""

    is_many = False

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Children[M, M | None]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return super().__get__(instance, owner)


class BelongsTo(Relation[M], Generic[M, N]):
    """This model names a row of the target in ``key``.

    Args:
        target: whose row.
        key: attribute of this model that holds the target's ``other_key``.
        other_key: attribute of the target; by default its primary key.

    The second type is what awaiting gives: the target, or, where ``key`` may be NULL, the target or None.
    """

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Related[M, N]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else Related(self, instance)

    def __init__(self, target: Any, key: str, other_key: str | None = None) -> None:
        super().__init__(target)
        self.key = key
        self._other_key = other_key

    @property
    def other_key(self) -> str:
        """The attribute of the target that ``key`` holds."""
        return self._other_key or str(self.target._meta.primary_key._meta.name)

    @property
    def local_name(self) -> str:
        """See ``Relation``."""
        return self.key

    def source(self, refine: Refinement | None = None) -> tuple[Query[Any], str]:
        """See ``Relation``."""
        query = self.begin(refine)
        return query, query.column(self.other_key)

    def decoder(self) -> Any:
        """See ``Relation``."""
        return plan_of(self.target, ROUTER.engine.dialect).decoders.get(self.other_key)

    def query(self, instance: "Model") -> Query[M]:
        """See ``Relation``."""
        return Query(self.target).where(**{self.other_key: instance.__dict__[self.key]})

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """See ``Relation``."""
        wanted = list({owner.__dict__[self.key] for owner in owners} - {None})
        found: list[Any] = []
        if wanted:
            query = Query(self.target).where(**{f"{self.other_key}__in": wanted})
            found = await (refine(query) if refine else query).get()
        by_key = {row.__dict__[self.other_key]: row for row in found}
        for owner in owners:
            self.store(owner, by_key.get(owner.__dict__[self.key]))
        return found
