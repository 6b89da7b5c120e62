"""The query: immutable towards its callers, one statement when it is awaited."""

import re
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..engines import ROUTER
from ..model.codecs import sum_decoder
from ..model.errors import ModelNotFound
from .aggregates import add_aggregates
from .clauses import Clauses, Refinement
from .loading import load
from .pagination import CursorPage, Page, keyset_page, page_size
from .predicates import Comparison, Membership, Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.model import Model

__all__ = ["Query", "Refinement"]

M = TypeVar("M", bound="Model")
S = TypeVar("S", bound=msgspec.Struct)
_STABLE_PARTS = re.compile(r"^__\w+__$")


class Query(Clauses[M]):
    """Rows of one model; awaiting it gives a list of instances.

    Clauses return a new query: ``recent = Post.order_by("-created_at")`` can be used twice. Local scopes of the model
    (``@scope``) are methods, too: ``Post.where(...).published()``.

    Args:
        model: whose rows.
    """

    def __getattr__(self, name: str) -> "Callable[..., Query[M]]":
        scope = None if _STABLE_PARTS.match(name) else self.model.__local_scopes__.get(name)
        if scope is None:
            raise AttributeError(f"{type(self).__name__} of {self.model.__name__} has no method or scope {name!r}")

        def applied(*arguments: Any, **named: Any) -> "Query[M]":
            return self.apply(scope, *arguments, **named)

        return applied

    def __await__(self) -> Generator[Any, Any, list[M]]:
        return self.get().__await__()

    def where_member(self, column: str, values: list[Any]) -> "Query[M]":
        """Keep rows whose column, given as quoted SQL, is among values."""
        return self.altered(predicates=(Membership(column, values), *self.predicates))

    async def get(self) -> list[M]:
        """All rows."""
        found = await self.model.hydrated(await ROUTER.engine.fetch(*self.sql()))
        await self.complete(found)
        return found

    async def complete(self, found: list[M]) -> None:
        """Load what is to come along with rows that were found."""
        if not found:
            return
        if self.relations:
            await load(self.model, found, self.relations)
        if self.aggregates:
            await add_aggregates(self.model, found, self.aggregates)

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

    async def sum(self, name: str) -> Any:
        """The sum of an attribute; 0 without rows."""
        return await self._function("SUM", name) or 0

    async def max(self, name: str) -> Any:
        """The greatest value of an attribute; None without rows."""
        return await self._function("MAX", name)

    async def min(self, name: str) -> Any:
        """The smallest value of an attribute; None without rows."""
        return await self._function("MIN", name)

    async def _function(self, function: str, name: str) -> Any:
        self.column(name)
        plan = self.plan
        decode = sum_decoder(plan.columns[name], plan.dialect) if function == "SUM" else plan.decoders.get(name)
        rows = await ROUTER.engine.fetch(*self.sql(f"{function}({self.column(name)})", is_ordered=False))
        value = rows[0][0]
        return value if decode is None or value is None else decode(value)

    async def count_by(self, name: str) -> dict[Any, int]:
        """How many rows there are for each value of an attribute; values without rows are absent."""
        column = self.column(name)
        decode = self.plan.decoders.get(name)
        sql, values = self.sql(f"{self._mark}{column}, COUNT(*)", is_ordered=False)
        rows = await ROUTER.engine.fetch(f"{sql} GROUP BY {column}", values)
        return {row[0] if decode is None or row[0] is None else decode(row[0]): row[1] for row in rows}

    async def pluck(self, name: str) -> list[Any]:
        """The values of one attribute."""
        decode = self.plan.decoders.get(name)
        rows = await ROUTER.engine.fetch(*self.sql(self._mark + self.column(name)))
        return [row[0] if decode is None or row[0] is None else decode(row[0]) for row in rows]

    @property
    def _mark(self) -> str:
        return "+" if self.plan.dialect == "sqlite" else ""

    async def dicts(self, *names: str) -> list[dict[str, Any]]:
        """Rows as dictionaries of Python values, without models: quicker, and without events.

        Args:
            names: which attributes; by default all that are not hidden.

        Raises:
            UnknownColumn: a name is no column.
        """
        plan = self.plan
        chosen = names or tuple(name for name in plan.names if name not in self.model.hidden)
        head = ", ".join(self._mark + self.column(name) for name in chosen)
        return plan.dict_decoder(chosen)(await ROUTER.engine.fetch(*self.sql(head)))

    async def structs(self, kind: type[S]) -> list[S]:
        """Rows as msgspec Structs; only the columns that its fields name are read.

        Args:
            kind: a Struct; each field is an attribute of the model.

        Raises:
            UnknownColumn: a field is none.
            msgspec.ValidationError: a value is not of the field's type.
        """
        names = [field.name for field in msgspec.structs.fields(kind)]
        return msgspec.convert(await self.dicts(*names), list[kind])  # type: ignore[valid-type]

    async def json(self, kind: type[Any]) -> bytes:
        """A JSON array of rows as a Struct describes them; see ``structs``."""
        return msgspec.json.encode(await self.structs(kind))

    async def explain(self) -> str:
        """How the database means to run the query, as it says it; the query does not run."""
        sql, values = self.sql()
        if self.plan.dialect == "postgres":
            return "\n".join(row[0] for row in await ROUTER.engine.fetch(f"EXPLAIN {sql}", values))
        return "\n".join(str(row[3]) for row in await ROUTER.engine.fetch(f"EXPLAIN QUERY PLAN {sql}", values))

    # --- a part at a time ---

    async def paginate(self, page: int = 1, per_page: int = 20) -> Page[M]:
        """One page and the number of all rows, by two statements.

        Args:
            page: from 1.
            per_page: 1 to 100.
        """
        size = page_size(per_page)
        total = await self.count()
        items = await self.limit(size).offset((max(page, 1) - 1) * size).get()
        return Page(items=items, total=total, page=max(page, 1), per_page=size)

    async def cursor_paginate(self, cursor: str | None = None, per_page: int = 20) -> CursorPage[M]:
        """One page by keyset: as quick on the last page as on the first, and stable while rows are inserted.

        Args:
            cursor: ``next_cursor`` or ``previous_cursor`` of another page of the same query; None for the first page.
            per_page: 1 to 100.

        Raises:
            CursorInvalid: the cursor was made for another order, or by somebody else.
            CursorOrder: a column of the order may be NULL.
        """
        return await keyset_page(self, cursor, page_size(per_page))

    async def stream(self, batch: int = 500) -> AsyncIterator[M]:
        """Instances one by one, in constant memory; relations are not loaded."""
        async for row in ROUTER.engine.stream(*self.sql(), batch=batch):
            yield (await self.model.hydrated([row]))[0]

    async def chunk(self, size: int = 500) -> AsyncIterator[list[M]]:
        """Lists of rows by primary key, one statement each, with their relations; rows may change in between."""
        plan = self.plan
        query = self.altered(orders=((plan.key, False),)).limit(size)
        while True:
            found = await query.get()
            if found:
                yield found
            if len(found) < size:
                return
            query = query.altered(
                predicates=(*self.predicates, Comparison(plan.quoted[plan.key], ">", found[-1].pk)),
            )

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
        text = f"UPDATE {plan.table} SET {', '.join(changes)}{self.scoped().condition(statement)}"
        return await ROUTER.engine.execute(text, statement.values)

    async def delete(self) -> int:
        """Delete all rows by one statement, or mark them as deleted, without model events; the number of rows."""
        trash = self.model.trash_values()
        return await self.update(**trash) if trash else await self.force_delete()

    async def force_delete(self) -> int:
        """Delete all rows by one statement, also where ``delete`` would only mark them; the number of rows."""
        statement = Statement(self.plan)
        text = f"DELETE FROM {self.plan.table}{self.scoped().condition(statement)}"
        return await ROUTER.engine.execute(text, statement.values)

    async def restore(self) -> int:
        """Restore the rows that are softly deleted, by one statement and without model events; their number."""
        return await self.only_trashed().update(deleted_at=None)
