"""Relations over a table between: ``belongs_to_many``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, overload

from ..engines import ROUTER
from ..model.defaults import default_of
from ..model.plan import plan_of
from ..query.builder import Query
from ..query.predicates import Comparison, Membership, Statement
from ..transactions import transaction
from .relation import Refinement, Related, Relation

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")
R = TypeVar("R")


class Synced(NamedTuple):
    """What ``sync`` or ``toggle`` did, as primary keys."""

    attached: frozenset[Any]
    detached: frozenset[Any]
    updated: frozenset[Any]
    """Linked before, and given new values of the pivot's further columns."""


class Linked(Related[M, R]):
    """The rows that a pivot table links with an instance."""

    __slots__ = ()

    async def create(self, values: "dict[str, Any] | None" = None, /, **pivot: Any) -> M:
        """Insert a row of the target and link it, in one transaction.

        Args:
            values: of the new row.
            pivot: values of the pivot's further columns.
        """
        relation: Any = self._relation
        async with transaction():
            created: M = await relation.target.create(**(values or {}))
            await self.attach(created, **pivot)
        return created

    async def attach(self, *others: Any, **pivot: Any) -> None:
        """Link rows; those that are linked already stay as they are.

        Args:
            others: models or primary keys.
            pivot: values of the pivot's further columns.
        """
        relation: Any = self._relation
        await relation.attach(self._instance, others, pivot)
        self.forget()

    async def detach(self, *others: Any) -> int:
        """Unlink rows, or all without arguments; how many were linked."""
        relation: Any = self._relation
        count: int = await relation.detach(self._instance, others or None)
        self.forget()
        return count

    async def sync(self, others: "Iterable[Any] | Mapping[Any, dict[str, Any]]") -> Synced:
        """Link exactly these rows, in one transaction.

        Args:
            others: models or primary keys; or a mapping from them to values of the pivot's further columns, which are
                set on rows that are linked already, too.
        """
        relation: Any = self._relation
        pivots = others if isinstance(others, Mapping) else {}
        wanted = {getattr(other, "pk", other): pivots.get(other, {}) for other in others}
        async with transaction():
            linked = await relation.linked(self._instance)
            missing, surplus = wanted.keys() - linked, linked - wanted.keys()
            updated = [key for key in wanted if key in linked and wanted[key]]
            if surplus:
                await self.detach(*surplus)
            for key in updated:
                await self.update_pivot(key, **wanted[key])
            for key in missing:
                if wanted[key]:
                    await self.attach(key, **wanted[key])
            await self.attach(*(key for key in missing if not wanted[key]))
        return Synced(frozenset(missing), frozenset(surplus), frozenset(updated))

    async def toggle(self, *others: Any) -> Synced:
        """Unlink those rows that are linked, and link the others, in one transaction."""
        relation: Any = self._relation
        keys = {getattr(other, "pk", other) for other in others}
        async with transaction():
            linked = await relation.linked(self._instance)
            if both := keys & linked:
                await self.detach(*both)
            await self.attach(*(keys - linked))
        return Synced(frozenset(keys - linked), frozenset(both), frozenset())

    async def update_pivot(self, other: Any, **pivot: Any) -> int:
        """Change further columns of the pivot for one linked row; how many rows of the pivot there were."""
        relation: Any = self._relation
        key = getattr(other, "pk", other)
        where = {relation.key: self._instance.__dict__[relation.local_name], relation.other_key: key}
        self.forget()
        return await Query(relation.through).where(**where).update(**pivot)


class BelongsToMany(Relation[M]):
    """Rows of a pivot table link this model's with the target's.

    Args:
        target: whose rows.
        through: the pivot, a model.
        key: attribute of the pivot that holds this model's primary key.
        other_key: attribute of the pivot that holds the target's primary key.
        local_key: attribute of this model; by default its primary key.
    """

    is_many = True

    def __init__(self, target: Any, through: Any, key: str, other_key: str, local_key: str | None = None) -> None:
        super().__init__(target)
        self._local_key = local_key
        self._through: Relation[Any] = Relation(through)
        self.key, self.other_key = key, other_key

    def __set_name__(self, owner: "type[Model]", name: str) -> None:
        super().__set_name__(owner, name)
        self._through.__set_name__(owner, name)

    @property
    def through(self) -> "type[Model]":
        """The pivot."""
        return self._through.target

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Linked[M, list[M]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return super().__get__(instance, owner)

    def related(self, instance: "Model") -> Linked[M, Any]:
        """See ``Relation``."""
        return Linked(self, instance)

    def query(self, instance: "Model") -> Query[M]:
        """See ``Relation``."""
        linked = Query(self.through).where(**{self.key: instance.__dict__[self.local_name]})
        query = Query(self.target)
        return query.among_query(query.plan.key, linked, self.other_key)

    @property
    def local_name(self) -> str:
        """See ``Relation``."""
        return self._local_key or str(self.owner._meta.primary_key._meta.name)

    def source(self, refine: Refinement | None = None) -> tuple[Query[Any], str]:
        """See ``Relation``. One statement: the target joined with the pivot."""
        dialect = ROUTER.engine.dialect
        pivot, plan = plan_of(self.through, dialect), plan_of(self.target, dialect)
        join = f" JOIN {pivot.table} ON {pivot.quoted[self.other_key]} = {plan.quoted[plan.key]}"
        query = self.begin(refine)
        query = query.altered(joins=query.joins + join, joined=(*query.joined, pivot.tablename))
        return query, pivot.quoted[self.key]

    def decoder(self) -> Any:
        """See ``Relation``."""
        return plan_of(self.through, ROUTER.engine.dialect).decoders.get(self.key)

    async def load_beside(
        self, owners: "Sequence[Model]", refine: Refinement | None, beside: str = ""
    ) -> tuple[list[Any], list[Any]]:
        """See ``Relation``; the row of the pivot comes along as ``pivot``."""
        fields = plan_of(self.through, ROUTER.engine.dialect).fields
        return await super().load_beside(owners, refine, f"{beside}, {fields}")

    def keep_beside(self, found: Sequence[Any], rows: Sequence[Any]) -> None:
        """See ``Relation``."""
        plan = plan_of(self.through, ROUTER.engine.dialect)
        pivots = plan.hydrate([row[: len(plan.names)] for row in rows], [], len(plan.names))
        for one, pivot in zip(found, pivots, strict=True):
            one._pivot = pivot

    async def linked(self, instance: "Model") -> set[Any]:
        """Primary keys of the linked rows."""
        return set(
            await Query(self.through).where(**{self.key: instance.__dict__[self.local_name]}).pluck(self.other_key)
        )

    async def attach(self, instance: "Model", others: Iterable[Any], pivot: dict[str, Any]) -> None:
        """Insert rows of the pivot; those that a unique constraint refuses are there already."""
        keys = list(dict.fromkeys(getattr(other, "pk", other) for other in others))
        linked = await self.linked(instance) if keys else set()
        rows = [
            {self.key: instance.__dict__[self.local_name], self.other_key: key, **pivot}
            for key in keys
            if key not in linked
        ]
        if rows:
            await self._insert(rows)

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        engine = ROUTER.engine
        plan = plan_of(self.through, engine.dialect)
        values = [
            [plan.encode(n, row[n] if n in row else default_of(plan.columns[n])) for n in plan.inserted] for row in rows
        ]
        await engine.executemany(f"{plan.insertion(plan.inserted)} ON CONFLICT DO NOTHING", values)

    async def detach(self, instance: "Model", others: Sequence[Any] | None) -> int:
        """Delete rows of the pivot."""
        engine = ROUTER.engine
        plan = plan_of(self.through, engine.dialect)
        statement = Statement(plan)
        text = statement.write(Comparison(plan.quoted[self.key], "=", instance.__dict__[self.local_name]))
        if others is not None:
            keys = [getattr(other, "pk", other) for other in others]
            text += " AND " + statement.write(Membership(plan.quoted[self.other_key], keys))
        return await engine.execute(f"DELETE FROM {plan.table} WHERE {text}", statement.values)
