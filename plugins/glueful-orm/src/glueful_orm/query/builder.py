"""The query builder: immutable towards its callers' models, one statement when it is awaited."""

from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from piccolo.columns.base import Column

from ..engines import ROUTER
from ..model.errors import ModelNotFound, UnknownColumn
from ..model.plan import Plan, plan_of
from .loading import load
from .pagination import MAXIMUM_PAGE_SIZE, Page
from .predicates import OPERATORS, Comparison, InSelect, Membership, Predicate, Statement

if TYPE_CHECKING:
    from ..model.model import Model

M = TypeVar("M", bound="Model")
Refinement = Callable[["Query[Any]"], "Query[Any]"]


class Query(Generic[M]):
    """Rows of one model; awaiting it gives a list of instances.

    Clauses return a new query: ``recent = Post.order_by("-created_at")`` can be used twice.

    Args:
        model: whose rows.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.predicates: tuple[Predicate, ...] = ()
        self.orders: tuple[tuple[str, bool], ...] = ()
        self.relations: dict[str, Refinement | None] = {}
        self.row_limit: int | None = None
        self.row_offset = 0
        self.lock = ""

    def _with(self, **changes: Any) -> "Query[M]":
        query: Query[M] = Query.__new__(type(self))
        query.__dict__ = {**self.__dict__, **changes}
        return query

    @property
    def plan(self) -> Plan:
        """The model's plan for the database in use."""
        return plan_of(self.model, ROUTER.engine.dialect)

    # --- clauses ---

    def where(self, *predicates: Any, **values: Any) -> "Query[M]":
        """Keep rows for which all hold.

        Args:
            predicates: Piccolo expressions: ``User.age > 3``, ``(Post.title == "a") | (Post.title == "b")``.
            values: ``name="x"`` for equality (None asks for NULL), ``age__gt=3``, ``id__in=[1, 2]``; operators are
                ``ne``, ``gt``, ``ge``, ``lt``, ``le`` and ``in``. A model stands for its primary key.

        Raises:
            UnknownColumn: a name is no column, or its operator is unknown.
        """
        return self._with(
            predicates=(*self.predicates, *predicates, *(self._keyword(*pair) for pair in values.items()))
        )

    def _keyword(self, key: str, value: Any) -> Predicate:
        name, _, operator = key.partition("__")
        column = self.column(name)
        if operator == "in":
            return Membership(column, list(value))
        if operator not in OPERATORS:
            raise UnknownColumn(self.model.__name__, key)
        return Comparison(column, OPERATORS[operator], value)

    def column(self, name: str) -> str:
        """The quoted name of an attribute's column.

        Raises:
            UnknownColumn: there is none of this name.
        """
        try:
            return self.plan.quoted[name]
        except KeyError:
            raise UnknownColumn(self.model.__name__, name) from None

    def among(self, name: str, select: str, *values: Any) -> "Query[M]":
        """Keep rows whose attribute stands among the rows of a select; its text has ``{0}``, ``{1}`` for values."""
        return self._with(predicates=(*self.predicates, InSelect(self.column(name), select, values)))

    def order_by(self, *columns: "str | Column") -> "Query[M]":
        """Sort by columns or their names, ``-name`` for descending; later ones decide among equals.

        Raises:
            UnknownColumn: a name is no column: text of users never becomes SQL.
        """
        orders = []
        for column in columns:
            name = column if isinstance(column, str) else str(column._meta.name)
            self.column(name.removeprefix("-"))
            orders.append((name.removeprefix("-"), name.startswith("-")))
        return self._with(orders=(*self.orders, *orders))

    def limit(self, rows: int) -> "Query[M]":
        """At most so many rows."""
        return self._with(row_limit=max(int(rows), 0))

    def offset(self, rows: int) -> "Query[M]":
        """Skip so many rows."""
        return self._with(row_offset=max(int(rows), 0))

    def with_(self, *paths: str, **refined: Refinement) -> "Query[M]":
        """Load relations with one statement for each relation and level.

        Args:
            paths: ``"comments"``, ``"comments.author"``.
            refined: a relation and what to do to its query: ``comments=lambda query: query.limit(3)``.
        """
        return self._with(relations={**self.relations, **dict.fromkeys(paths), **refined})

    def for_update(self, *, skip_locked: bool = False) -> "Query[M]":
        """Lock the rows until the transaction ends; SQLite, where one transaction writes at a time, needs no lock."""
        return self._with(lock=" FOR UPDATE" + (" SKIP LOCKED" if skip_locked else ""))

    # --- SQL ---

    def sql(self, head: str | None = None, *, is_ordered: bool = True) -> tuple[str, list[Any]]:
        """The statement and its values.

        Args:
            head: what to select instead of the model's columns.
            is_ordered: with order, limit, offset and lock.
        """
        plan = self.plan
        statement = Statement(plan)
        text = plan.select if head is None else f"SELECT {head} FROM {plan.table}"
        if self.predicates:
            text += " WHERE " + " AND ".join(statement.write(predicate) for predicate in self.predicates)
        if not is_ordered:
            return text, statement.values
        if self.orders:
            text += " ORDER BY " + ", ".join(plan.quoted[n] + (" DESC" if down else "") for n, down in self.orders)
        if self.row_limit is not None or (self.row_offset and plan.dialect == "sqlite"):
            text += f" LIMIT {-1 if self.row_limit is None else self.row_limit}"
        if self.row_offset:
            text += f" OFFSET {self.row_offset}"
        return text + (self.lock if plan.dialect == "postgres" else ""), statement.values

    # --- results ---

    def __await__(self) -> Generator[Any, Any, list[M]]:
        return self.get().__await__()

    async def get(self) -> list[M]:
        """All rows."""
        rows = await ROUTER.engine.fetch(*self.sql())
        found = await self.model.hydrated(rows)
        if self.relations and found:
            await load(self.model, found, self.relations)
        return found

    async def first(self) -> M | None:
        """The first row, or None."""
        found = await self.limit(1).get()
        return found[0] if found else None

    async def first_or_fail(self) -> M:
        """The first row.

        Raises:
            ModelNotFound: there is none.
        """
        found = await self.first()
        if found is None:
            raise ModelNotFound(self.model.__name__)
        return found

    async def count(self) -> int:
        """How many rows there are, whatever the limit."""
        rows = await ROUTER.engine.fetch(*self.sql("COUNT(*)", is_ordered=False))
        return int(rows[0][0])

    async def exists(self) -> bool:
        """Whether there is any row."""
        sql, values = self.sql("1", is_ordered=False)
        return bool(await ROUTER.engine.fetch(f"{sql} LIMIT 1", values))

    async def count_by(self, name: str) -> dict[Any, int]:
        """How many rows there are for each value of an attribute; values without rows are absent."""
        column = self.column(name)
        decode = self.plan.decoders.get(name)
        mark = "+" if self.plan.dialect == "sqlite" else ""
        sql, values = self.sql(f"{mark}{column}, COUNT(*)", is_ordered=False)
        rows = await ROUTER.engine.fetch(f"{sql} GROUP BY {column}", values)
        return {row[0] if decode is None or row[0] is None else decode(row[0]): row[1] for row in rows}

    async def pluck(self, name: str) -> list[Any]:
        """The values of one attribute."""
        decode = self.plan.decoders.get(name)
        mark = "+" if self.plan.dialect == "sqlite" else ""
        rows = await ROUTER.engine.fetch(*self.sql(mark + self.column(name)))
        return [row[0] if decode is None or row[0] is None else decode(row[0]) for row in rows]

    async def paginate(self, page: int = 1, per_page: int = 20) -> Page[M]:
        """One page and the number of all rows, by two statements.

        Args:
            page: from 1.
            per_page: 1 to 100.
        """
        size = min(max(per_page, 1), MAXIMUM_PAGE_SIZE)
        total = await self.count()
        items = await self.limit(size).offset((max(page, 1) - 1) * size).get()
        return Page(items=items, total=total, page=max(page, 1), per_page=size)

    async def stream(self, batch: int = 500) -> AsyncIterator[M]:
        """Instances one by one, in constant memory; relations are not loaded."""
        async for row in ROUTER.engine.stream(*self.sql(), batch=batch):
            yield (await self.model.hydrated([row]))[0]

    # --- bulk statements: no model events ---

    async def update(self, **values: Any) -> int:
        """Change all rows by one statement, without model events; the number of rows changed.

        Raises:
            UnknownColumn: a name is no column.
        """
        plan = self.plan
        for name, new in self.model.automatic_values().items():
            values.setdefault(name, new)
        statement = Statement(plan)
        changes = []
        for name, value in values.items():
            self.column(name)
            statement.values.append(plan.encode(name, value))
            changes.append(f"{plan.stored_name(name)} = {plan.placeholder(len(statement.values))}")
        text = f"UPDATE {plan.table} SET {', '.join(changes)}"
        if self.predicates:
            text += " WHERE " + " AND ".join(statement.write(predicate) for predicate in self.predicates)
        return await ROUTER.engine.execute(text, statement.values)

    async def delete(self) -> int:
        """Delete all rows by one statement, without model events; the number of rows deleted."""
        statement = Statement(self.plan)
        text = f"DELETE FROM {self.plan.table}"
        if self.predicates:
            text += " WHERE " + " AND ".join(statement.write(predicate) for predicate in self.predicates)
        return await ROUTER.engine.execute(text, statement.values)
