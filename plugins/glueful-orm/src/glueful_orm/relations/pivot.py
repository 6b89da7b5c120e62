"""Relations over a table between: ``belongs_to_many``."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..engines import ROUTER
from ..model.plan import default_of, plan_of
from ..query.builder import Query
from ..query.loading import load
from ..query.predicates import Comparison, Membership, Statement
from .relation import Refinement, Related, Relation

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")


class Linked(Related[M]):
    """The rows that a pivot table links with an instance."""

    __slots__ = ()

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

    async def sync(self, others: Iterable[Any]) -> None:
        """Link exactly these rows."""
        relation: Any = self._relation
        wanted = {getattr(other, "pk", other) for other in others}
        linked = await relation.linked(self._instance)
        if surplus := linked - wanted:
            await self.detach(*surplus)
        await self.attach(*(wanted - linked))


class BelongsToMany(Relation[M]):
    """Rows of a pivot table link this model's with the target's.

    Args:
        target: whose rows.
        through: the pivot, a model.
        key: attribute of the pivot that holds this model's primary key.
        other_key: attribute of the pivot that holds the target's primary key.
    """

    is_many = True

    def __init__(self, target: Any, through: Any, key: str, other_key: str) -> None:
        super().__init__(target)
        self._through: Relation[Any] = Relation(through)
        self.key, self.other_key = key, other_key

    def __set_name__(self, owner: "type[Model]", name: str) -> None:
        super().__set_name__(owner, name)
        self._through.__set_name__(owner, name)

    @property
    def through(self) -> "type[Model]":
        """The pivot."""
        return self._through.target

    def related(self, instance: "Model") -> Linked[M]:
        """See ``Relation``."""
        return Linked(self, instance)

    def query(self, instance: "Model") -> Query[M]:
        """See ``Relation``."""
        pivot = plan_of(self.through, ROUTER.engine.dialect)
        select = f"SELECT {pivot.quoted[self.other_key]} FROM {pivot.table} WHERE {pivot.quoted[self.key]} = {{0}}"
        query = Query(self.target)
        return query.among(query.plan.key, select, instance.pk)

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """See ``Relation``. One statement: the target joined with the pivot."""
        engine = ROUTER.engine
        pivot, plan = plan_of(self.through, engine.dialect), plan_of(self.target, engine.dialect)
        groups: dict[Any, list[Any]] = {owner.pk: [] for owner in owners}
        query = Query(self.target)
        query = refine(query) if refine else query
        query = query._with(predicates=(Membership(pivot.quoted[self.key], list(groups)), *query.predicates))
        sql, values = query.sql(f"{plan.fields}, {pivot.quoted[self.key]}")
        join = f"JOIN {pivot.table} ON {pivot.quoted[self.other_key]} = {plan.quoted[plan.key]}"
        rows = await engine.fetch(sql.replace(f" FROM {plan.table}", f" FROM {plan.table} {join}", 1), values)
        found: list[Any] = await self.target.hydrated(rows)
        decode = pivot.decoders.get(self.key)
        for one, row in zip(found, rows, strict=True):
            owner = row[len(plan.names)]
            groups[owner if decode is None else decode(owner)].append(one)
        for instance in owners:
            self.store(instance, groups[instance.pk])
        if query.relations and found:
            await load(self.target, found, query.relations)
        return found

    async def linked(self, instance: "Model") -> set[Any]:
        """Primary keys of the linked rows."""
        return set(await Query(self.through).where(**{self.key: instance.pk}).pluck(self.other_key))

    async def attach(self, instance: "Model", others: Iterable[Any], pivot: dict[str, Any]) -> None:
        """Insert rows of the pivot; those that a unique constraint refuses are there already."""
        keys = list(dict.fromkeys(getattr(other, "pk", other) for other in others))
        linked = await self.linked(instance) if keys else set()
        rows = [{self.key: instance.pk, self.other_key: key, **pivot} for key in keys if key not in linked]
        if rows:
            await self._insert(rows)

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        engine = ROUTER.engine
        plan = plan_of(self.through, engine.dialect)
        values = [
            [plan.encode(n, row[n] if n in row else default_of(plan.columns[n])) for n in plan.inserted] for row in rows
        ]
        text = plan.insert.partition(" RETURNING ")[0]
        await engine.executemany(f"{text} ON CONFLICT DO NOTHING", values)

    async def detach(self, instance: "Model", others: Sequence[Any] | None) -> int:
        """Delete rows of the pivot."""
        engine = ROUTER.engine
        plan = plan_of(self.through, engine.dialect)
        statement = Statement(plan)
        text = statement.write(Comparison(plan.quoted[self.key], "=", instance.pk))
        if others is not None:
            keys = [getattr(other, "pk", other) for other in others]
            text += " AND " + statement.write(Membership(plan.quoted[self.other_key], keys))
        return await engine.execute(f"DELETE FROM {plan.table} WHERE {text}", statement.values)
