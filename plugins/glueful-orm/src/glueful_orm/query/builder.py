"""The query: immutable towards its callers, one statement when it is awaited."""

import re
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import msgspec
from piccolo.columns import Numeric
from piccolo.querystring import QueryString

from ..engines import ROUTER
from ..errors import TransactionError
from ..model.codecs import decoder
from ..model.errors import KeylessModel, ModelNotFound, UnsupportedClause
from ..model.plan import UNREADABLE
from ..transactions import in_transaction
from .aggregates import add_aggregates
from .clauses import Clauses, Refinement
from .loading import load
from .pagination import CursorPage, Page, UncountedPage, keyset_page, page_size
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

    def __aiter__(self) -> AsyncIterator[M]:
        return self.stream()

    def where_member(self, column: str, values: list[Any]) -> "Query[M]":
        """Keep rows whose column, given as quoted SQL, is among values."""
        return self.altered(predicates=(Membership(column, values), *self.predicates))

    async def get(self) -> list[M]:
        """All rows.

        Raises:
            TransactionError: ``for_update`` outside a transaction, which would lock nothing.
        """
        if self.lock and not in_transaction():
            raise TransactionError(
                "for_update() outside a transaction locks nothing", "wrap it: async with transaction(): ..."
            )
        return await self.get_in_groups("", None)

    async def get_in_groups(self, key: str, groups: dict[Any, list[Any]] | None) -> list[M]:
        """All rows, each of which is added to the one of ``groups`` that its attribute ``key`` names."""
        found = await self.model.hydrated(await ROUTER.engine.fetch(*self.sql()), key, groups)
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

    async def avg(self, name: str) -> Any:
        """The mean of an attribute: a Decimal of a Numeric column, else a float; None without rows."""
        plan, column = self.plan, self.column(name)
        rows = await ROUTER.engine.fetch(*self.sql(f"AVG({column})", is_ordered=False))
        value = rows[0][0]
        if value is None:
            return None
        return Decimal(str(value)) if isinstance(plan.columns[name], Numeric) else float(value)

    async def _function(self, function: str, name: str) -> Any:
        self.column(name)
        plan = self.plan
        # A sum is a number, whatever the attribute is cast to.
        decode = decoder(plan.columns[name], plan.dialect) if function == "SUM" else plan.decoders.get(name)
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
        rows = await ROUTER.engine.fetch(*self.sql(head))
        try:
            return plan.dict_decoder(chosen)(rows)
        except UNREADABLE:
            if (error := plan.unreadable(rows, chosen)) is None:
                raise
            raise error from None

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

    @overload
    async def paginate(self, page: int = 1, per_page: int = 20, *, count: Literal[True] = True) -> Page[M]: ...
    @overload
    async def paginate(self, page: int = 1, per_page: int = 20, *, count: Literal[False]) -> UncountedPage[M]: ...
    async def paginate(self, page: int = 1, per_page: int = 20, *, count: bool = True) -> "Page[M] | UncountedPage[M]":
        """One page and the number of all rows, by two statements.

        Args:
            page: from 1.
            per_page: 1 to 100.
            count: False for one statement, which tells only whether there is a further page.
        """
        size, page = page_size(per_page), max(page, 1)
        query = self.offset((page - 1) * size)
        if not count:
            items = await query.limit(size + 1).get()
            return UncountedPage(items=items[:size], has_more=len(items) > size, page=page, per_page=size)
        total = await self.count()
        return Page(items=await query.limit(size).get(), total=total, page=page, per_page=size)

    async def cursor_paginate(
        self, cursor: str | None = None, per_page: int = 20, *, bound_to: str = ""
    ) -> CursorPage[M]:
        """One page by keyset: as quick on the last page as on the first, and stable while rows are inserted.

        Args:
            cursor: ``next_cursor`` or ``previous_cursor`` of another page of the same query; None for the first page.
            per_page: 1 to 100.
            bound_to: whose cursors they are, for example the id of the user: nobody else can use them.

        Raises:
            CursorInvalid: the cursor was made for other clauses or another ``bound_to``, or not by this application.
            CursorOrder: a column of the order may be NULL.
        """
        return await keyset_page(self, cursor, page_size(per_page), bound_to)

    async def stream(self, batch: int = 500) -> AsyncIterator[M]:
        """Instances one by one, ``batch`` of them in memory; also as ``async for row in query``.

        A connection is lent until the last one. Relations are loaded for a batch at a time, over another connection or
        that of the transaction. Leave the loop early only under ``contextlib.aclosing``.
        """
        rows: list[Any] = []
        async with aclosing(ROUTER.engine.stream(*self.sql(), batch=batch)) as source:
            async for row in source:
                rows.append(row)
                if len(rows) == batch:
                    for one in await self._whole(rows):
                        yield one
                    rows = []
        for one in await self._whole(rows):
            yield one

    async def _whole(self, rows: list[Any]) -> list[M]:
        found = await self.model.hydrated(rows)
        await self.complete(found)
        return found

    async def chunk(self, size: int = 500) -> AsyncIterator[list[M]]:
        """Lists of rows by primary key, one statement each, with their relations; rows may change in between.

        A limit counts for all lists together.

        Raises:
            KeylessModel: the table has no primary key.
        """
        plan, left = self.plan, self.row_limit
        if not plan.key:
            raise KeylessModel(self.model.__name__)
        query = self.altered(orders=((plan.key, False),))
        while left is None or left > 0:
            wanted = size if left is None else min(size, left)
            found = await query.limit(wanted).get()
            if found:
                yield found
            if len(found) < wanted:
                return
            left = None if left is None else left - wanted
            query = query.offset(0).altered(
                predicates=(*self.predicates, Comparison(plan.quoted[plan.key], ">", found[-1].pk)),
            )

    # --- bulk statements: no model events ---

    async def update(self, **values: Any) -> int:
        """Change all rows by one statement, without model events; the number of rows changed.

        Args:
            values: by attribute; also what the database works out: ``age=User.age + 1``.

        Raises:
            UnknownColumn: a name is no column.
            DataError: a column cannot hold its value.
        """
        plan = self.plan
        for name, new in self.model.automatic_values().items():
            values.setdefault(name, new)
        statement = Statement(plan)
        changes = []
        for name, value in values.items():
            self.column(name)
            if isinstance(value, QueryString):
                changes.append(f"{plan.stored_name(name)} = {statement.write_querystring(value)}")
                continue
            statement.values.append(plan.encode(name, value.pk if hasattr(value, "_meta") else value))
            changes.append(f"{plan.stored_name(name)} = {plan.placeholder(len(statement.values))}")
        return await self._change(f"UPDATE {plan.table} SET {', '.join(changes)}", statement)

    async def increment(self, name: str, by: Any = 1, **values: Any) -> int:
        """Add to a number of all rows by one statement, so that nobody else's change is lost; the number of rows.

        Args:
            name: an attribute.
            by: may be negative.
            values: other attributes to set by the same statement.
        """
        self.column(name)
        stored = self.plan.stored_name(name).replace("{", "{{").replace("}", "}}")
        return await self.update(**values, **{name: QueryString(f"{stored} + {{}}", self.plan.encode(name, by))})

    async def _change(self, text: str, statement: Statement) -> int:
        if self.row_limit is not None or self.row_offset:
            raise UnsupportedClause(self.model.__name__, "limit or offset", "update or delete")
        return await ROUTER.engine.execute(f"{text}{self.scoped().condition(statement)}", statement.values)

    async def delete(self) -> int:
        """Delete all rows by one statement, or mark them as deleted, without model events; the number of rows."""
        trash = self.model.trash_values()
        return await self.update(**trash) if trash else await self.force_delete()

    async def force_delete(self) -> int:
        """Delete all rows by one statement, also where ``delete`` would only mark them; the number of rows."""
        return await self._change(f"DELETE FROM {self.plan.table}", Statement(self.plan))

    async def restore(self) -> int:
        """Restore the rows that are softly deleted, by one statement and without model events; their number."""
        return await self.only_trashed().update(deleted_at=None)
