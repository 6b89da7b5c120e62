"""What relations have in common: a descriptor on the class, and what an instance shows of it."""

from collections.abc import Callable, Container, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from ..engines import ROUTER
from ..model.errors import RelationNotLoaded, UnknownRelation
from ..model.plan import plan_of
from ..model.registry import MODELS
from ..query.builder import Query
from ..query.predicates import Statement
from .one_by_one import notice

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")
R = TypeVar("R")
Target = type[M] | str | Callable[[], type[M]]
Refinement = Callable[[Query[Any]], Query[Any]]


class Relation(Generic[M]):
    """From the rows of one model to those of another.

    Args:
        target: the other model, its name (``"Post"``, or ``"glueful_blog.Post"`` where two packages have one), or a
            function that returns it.
    """

    is_many: ClassVar[bool] = False
    is_to_several: ClassVar[bool] = False
    """Whether rows of several models may be meant."""

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
            named = MODELS.named(found, self.owner)
            if named is None:
                raise UnknownRelation(self.owner.__name__, f"{self.name} -> {found}")
            found = named
        elif not isinstance(found, type):
            found = found()
        self._target = found
        model: type[M] = found
        return model

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> "Related[M, M | None]": ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self.related(instance)

    def related(self, instance: "Model") -> "Related[M, Any]":
        """What an instance shows of the relation."""
        return Related(self, instance)

    @property
    def local_name(self) -> str:
        """The attribute of this model by which rows of the target are found."""
        raise NotImplementedError

    def depends_on(self, changed: Container[str]) -> bool:
        """Whether other rows belong to an instance when these attributes of it change."""
        return self.local_name in changed

    def begin(self, refine: Refinement | None = None) -> Query[Any]:
        """The target's rows, as refined."""
        query = Query(self.target)
        return refine(query) if refine else query

    def source(self, refine: Refinement | None = None) -> tuple[Query[Any], str]:
        """The target's rows, as refined, and the quoted column that holds the owner's ``local_name`` beside each."""
        raise NotImplementedError

    def decoder(self) -> Callable[[Any], Any] | None:
        """What turns a value of that column into the owner's attribute."""
        raise NotImplementedError

    def query(self, instance: "Model") -> Query[M]:
        """The rows that belong to one instance."""
        raise NotImplementedError

    async def load(self, owners: "Sequence[Model]", refine: Refinement | None = None) -> "list[Model]":
        """Load the relation of many instances by one statement.

        Returns:
            the rows that were found.
        """
        found, named = await self.load_beside(owners, refine)
        groups: dict[Any, list[Any]] = {owner.__dict__[self.local_name]: [] for owner in owners}
        for one, owner in zip(found, named, strict=True):
            groups[owner].append(one)
        for instance in owners:
            group = groups[instance.__dict__[self.local_name]]
            self.store(instance, group if self.is_many else next(iter(group), None))
        return found

    async def load_beside(
        self, owners: "Sequence[Model]", refine: Refinement | None, beside: str = ""
    ) -> tuple[list[Any], list[Any]]:
        """The rows of many owners, and for each the owner's ``local_name``; ``beside`` is selected last."""
        engine = ROUTER.engine
        plan = plan_of(self.target, engine.dialect)
        query, key = self.source(refine)
        wanted = list({owner.__dict__[self.local_name] for owner in owners} - {None})
        query = query.where_member(key, wanted)
        statement = Statement(plan)
        mark = "+" if engine.dialect == "sqlite" else ""
        head = f"{plan.fields}, {mark}{key} AS glueful_owner{beside}"
        if query.row_limit is not None or query.row_offset:
            text = query.write_for_each(statement, head, key)
        else:
            text = query.write(statement, head)
        rows = await engine.fetch(text, statement.values)
        found: list[Any] = await self.target.hydrated(rows)
        width, decode = len(plan.names), self.decoder()
        named = [row[width] if decode is None else decode(row[width]) for row in rows]
        if beside:
            self.keep_beside(found, [tuple(row)[width + 1 :] for row in rows])
        await query.complete(found)
        return found, named

    def keep_beside(self, found: Sequence[Any], rows: Sequence[Any]) -> None:
        """Keep what was selected beside the rows."""

    def store(self, instance: "Model", value: Any) -> None:
        """Remember what was loaded."""
        related = getattr(instance, "_related", None)
        if related is None:
            instance._related = {self.name: value}
        else:
            related[self.name] = value


class Related(Generic[M, R]):
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
    def loaded(self) -> R:
        """What was loaded: a list, or an instance or None.

        Raises:
            RelationNotLoaded: nothing was.
        """
        try:
            value: R = self._instance._related[self._relation.name]  # type: ignore[index]
        except (KeyError, TypeError, AttributeError):
            raise RelationNotLoaded(type(self._instance).__name__, self._relation.name) from None
        return value

    def __iter__(self) -> Iterator[M]:
        rows: Any = self.loaded
        return iter(rows)

    def __len__(self) -> int:
        rows: Any = self.loaded
        return len(rows)

    def __await__(self) -> Generator[Any, Any, R]:
        return self._load().__await__()

    async def _load(self) -> R:
        if not self.is_loaded:
            siblings = getattr(self._instance, "_siblings", None)
            if siblings is not None:
                notice(self._instance, self._relation.name, siblings.count)
            await self._relation.load([self._instance] if siblings is None else siblings.rows())
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

    def with_(self, *paths: str, **refined: Refinement) -> Query[M]:
        """See ``Query.with_``."""
        return self.query().with_(*paths, **refined)

    def limit(self, rows: int) -> Query[M]:
        """See ``Query.limit``."""
        return self.query().limit(rows)

    async def first(self) -> M | None:
        """The first row, or None."""
        return await self.query().first()

    async def count(self) -> int:
        """How many rows there are."""
        return await self.query().count()

    async def exists(self) -> bool:
        """Whether there is any row."""
        return await self.query().exists()

    def forget(self) -> None:
        """Load it again at the next use."""
        (getattr(self._instance, "_related", None) or {}).pop(self._relation.name, None)
