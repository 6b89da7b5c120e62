"""Relations over a model between: ``has_many_through`` and ``has_one_through``."""

from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from ..engines import ROUTER
from ..model.plan import plan_of
from ..query.builder import Query
from .relation import Refinement, Related, Relation

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")


class HasManyThrough(Relation[M]):
    """Rows of the target name rows of a model between, and these name this model.

    Args:
        target: whose rows.
        through: the model between.
        key: attribute of ``through`` that holds this model's ``local_key``.
        other_key: attribute of the target that holds the ``through_key`` of the model between.
        local_key: attribute of this model; by default its primary key.
        through_key: attribute of ``through``; by default its primary key.
    """

    is_many = True

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Related[M, list[M]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return super().__get__(instance, owner)

    def __init__(
        self,
        target: Any,
        through: Any,
        key: str,
        other_key: str,
        *,
        local_key: str | None = None,
        through_key: str | None = None,
    ) -> None:
        super().__init__(target)
        self._through: Relation[Any] = Relation(through)
        self.key, self.other_key = key, other_key
        self._local_key, self._through_key = local_key, through_key

    def __set_name__(self, owner: "type[Model]", name: str) -> None:
        super().__set_name__(owner, name)
        self._through.__set_name__(owner, name)

    @property
    def through(self) -> "type[Model]":
        """The model between."""
        return self._through.target

    @property
    def local_name(self) -> str:
        """See ``Relation``."""
        return self._local_key or str(self.owner._meta.primary_key._meta.name)

    @property
    def through_key(self) -> str:
        """The attribute of the model between that the target names."""
        return self._through_key or str(self.through._meta.primary_key._meta.name)

    def source(self, refine: Refinement | None = None) -> tuple[Query[Any], str]:
        """See ``Relation``; rows of the model between that its global scopes leave out are left out."""
        dialect = ROUTER.engine.dialect
        between, plan = plan_of(self.through, dialect), plan_of(self.target, dialect)
        join = f" JOIN {between.table} ON {between.quoted[self.through_key]} = {plan.quoted[self.other_key]}"
        query = self.begin(refine)
        query = query.altered(
            joins=query.joins + join,
            joined=(*query.joined, between.tablename),
            predicates=(*query.predicates, *Query(self.through).scoped().predicates),
        )
        return query, between.quoted[self.key]

    def decoder(self) -> Any:
        """See ``Relation``."""
        return plan_of(self.through, ROUTER.engine.dialect).decoders.get(self.key)

    def query(self, instance: "Model") -> Query[M]:
        """See ``Relation``."""
        between = Query(self.through).where(**{self.key: instance.__dict__[self.local_name]})
        return Query(self.target).among_query(self.other_key, between, self.through_key)


class HasOneThrough(HasManyThrough[M]):
    """At most one such row."""

    is_many = False

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Related[M, M | None]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return super().__get__(instance, owner)
