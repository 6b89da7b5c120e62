"""Polymorphic relations: rows that name a row of one of several models, by type and key."""

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from ..engines import ROUTER
from ..model.errors import UnknownRelation
from ..model.plan import plan_of
from ..query.builder import Query
from .keyed import Children, HasMany
from .relation import Refinement, Relation

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")


def morph_name(model: "type[Model]") -> str:
    """What stands for a model in the type column: its ``morph_name``, by default the name of its class."""
    return str(getattr(model, "morph_name", model.__name__))


class MorphMany(HasMany[M]):
    """Rows of the target name this model by ``<name>_type`` and ``<name>_id``.

    Args:
        target: whose rows.
        name: what both attributes of the target begin with.
        local_key: attribute of this model; by default its primary key.
    """

    def __init__(self, target: Any, name: str, local_key: str | None = None) -> None:
        super().__init__(target, f"{name}_id", local_key)
        self.type_name = f"{name}_type"

    def begin(self, refine: Refinement | None = None) -> Query[Any]:
        """See ``Relation``."""
        return super().begin(refine).where(**{self.type_name: morph_name(self.owner)})

    def identity(self, instance: "Model") -> dict[str, Any]:
        """See ``HasMany``."""
        return {**super().identity(instance), self.type_name: morph_name(type(instance))}


class MorphOne(MorphMany[M]):
    """At most one such row."""

    is_many = False

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Children[M, M | None]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return super().__get__(instance, owner)


class MorphTo(Relation[Any]):
    """This model names a row of one of several models by ``<name>_type`` and ``<name>_id``.

    Args:
        name: what both attributes begin with.
        models: which models; a type that is stored and not among them is an error, never a look-up by name.
    """

    is_to_several = True

    def __init__(self, name: str, models: Sequence[Any] | Callable[[], Sequence[Any]]) -> None:
        super().__init__(None)
        self.type_name, self.key = f"{name}_type", f"{name}_id"
        self._models = models

    @property
    def targets(self) -> "dict[str, type[Model]]":
        """The models by what stands for them."""
        models = self._models if isinstance(self._models, Sequence) else self._models()
        found = {}
        for model in models:
            relation: Relation[Any] = Relation(model)
            relation.__set_name__(self.owner, self.name)
            found[morph_name(relation.target)] = relation.target
        return found

    def _target_of(self, kind: Any) -> "type[Model]":
        target = self.targets.get(kind)
        if target is None:
            raise UnknownRelation(self.owner.__name__, f"{self.name} to a {kind!s:.80}")
        return target

    def source(self, _: Refinement | None = None) -> tuple[Query[Any], str]:
        """Not for a relation to several tables.

        Raises:
            UnknownRelation: always.
        """
        raise UnknownRelation(self.owner.__name__, f"{self.name} that can be counted or asked for: it has many targets")

    def query(self, instance: "Model") -> Query[Any]:
        """See ``Relation``."""
        target = self._target_of(instance.__dict__[self.type_name])
        return Query(target).where(**{target._meta.primary_key._meta.name: instance.__dict__[self.key]})

    def depends_on(self, changed: Container[str]) -> bool:
        """See ``Relation``."""
        return self.key in changed or self.type_name in changed

    def associate(self, instance: "Model", other: "Model | None") -> None:
        """Name another row; not stored yet."""
        instance.__dict__[self.type_name] = None if other is None else morph_name(type(other))
        instance.__dict__[self.key] = None if other is None else other.pk

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """See ``Relation``. One statement for each model that is named."""
        groups: dict[Any, list[Any]] = {}
        for owner in owners:
            if owner.__dict__[self.key] is None or owner.__dict__[self.type_name] is None:
                self.store(owner, None)
            else:
                groups.setdefault(owner.__dict__[self.type_name], []).append(owner)
        everything: list[Any] = []
        for kind, members in groups.items():
            target = self._target_of(kind)
            key = plan_of(target, ROUTER.engine.dialect).key
            wanted = list({owner.__dict__[self.key] for owner in members})
            query = Query(target).where(**{f"{key}__in": wanted})
            found = await (refine(query) if refine else query).get()
            by_key = {row.pk: row for row in found}
            for owner in members:
                self.store(owner, by_key.get(owner.__dict__[self.key]))
            everything += found
        return everything
