"""What relations have in common: a descriptor on the class, and what an instance shows of it."""

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from ..model.errors import RelationNotLoaded, UnknownRelation
from ..model.registry import MODELS
from ..query.builder import Query

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")
Target = type[M] | str | Callable[[], type[M]]
Refinement = Callable[[Query[Any]], Query[Any]]


class Relation(Generic[M]):
    """From the rows of one model to those of another.

    Args:
        target: the other model, its name, or a function that returns it.
    """

    is_many: ClassVar[bool] = False

    def __init__(self, target: Any) -> None:
        self._target = target
        self.name = ""
        self.owner: type[Model]

    def __set_name__(self, owner: "type[Model]", name: str) -> None:
        self.owner, self.name = owner, name

    @property
    def target(self) -> type[M]:
        """The other model.

        Raises:
            UnknownRelation: there is no model of this name.
        """
        found = self._target
        if isinstance(found, str):
            if found not in MODELS:
                raise UnknownRelation(self.owner.__name__, f"{self.name} -> {found}")
            found = MODELS[found]
        elif not isinstance(found, type):
            found = found()
        self._target = found
        model: type[M] = found
        return model

    @overload
    def __get__(self, instance: None, owner: type) -> "Relation[M]": ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> Any: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self.related(instance)

    def related(self, instance: "Model") -> "Related[M]":
        """What an instance shows of the relation."""
        return Related(self, instance)

    def query(self, instance: "Model") -> Query[M]:
        """The rows that belong to one instance."""
        raise NotImplementedError

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """Load the relation of many instances by one statement.

        Returns:
            the rows that were found.
        """
        raise NotImplementedError

    def store(self, instance: "Model", value: Any) -> None:
        """Remember what was loaded."""
        related = getattr(instance, "_related", None)
        if related is None:
            instance._related = {self.name: value}
        else:
            related[self.name] = value


class Related(Generic[M]):
    """A relation of one instance: await it, or ask a query of it.

    Awaiting loads the relation for every row of the result that the instance came with, so that a loop over rows costs
    one statement and not one a row.

    Args:
        relation: which.
        instance: whose.
    """

    __slots__ = ("_instance", "_relation")

    def __init__(self, relation: Relation[M], instance: "Model") -> None:
        self._relation = relation
        self._instance = instance

    @property
    def is_loaded(self) -> bool:
        """Whether it can be read without ``await``."""
        return self._relation.name in (getattr(self._instance, "_related", None) or {})

    @property
    def loaded(self) -> Any:
        """What was loaded: a list, or an instance or None.

        Raises:
            RelationNotLoaded: nothing was.
        """
        if not self.is_loaded:
            raise RelationNotLoaded(type(self._instance).__name__, self._relation.name)
        return self._instance._related[self._relation.name]

    def __iter__(self) -> Any:
        return iter(self.loaded)

    def __len__(self) -> int:
        return len(self.loaded)

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._load().__await__()

    async def _load(self) -> Any:
        if not self.is_loaded:
            siblings = getattr(self._instance, "_siblings", None)
            await self._relation.load(siblings or [self._instance])
            if not self.is_loaded:
                await self._relation.load([self._instance])
        return self.loaded

    def query(self) -> Query[M]:
        """The rows of this instance."""
        return self._relation.query(self._instance)

    def where(self, *predicates: Any, **values: Any) -> Query[M]:
        """See ``Query.where``."""
        return self.query().where(*predicates, **values)

    def order_by(self, *columns: Any) -> Query[M]:
        """See ``Query.order_by``."""
        return self.query().order_by(*columns)

    async def count(self) -> int:
        """How many rows there are."""
        return await self.query().count()

    async def exists(self) -> bool:
        """Whether there is any row."""
        return await self.query().exists()

    def forget(self) -> None:
        """Load it again at the next use."""
        (getattr(self._instance, "_related", None) or {}).pop(self._relation.name, None)
