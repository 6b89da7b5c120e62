"""Piccolo's own batches and query lists, on our connections."""

from typing import TYPE_CHECKING, Any, Self

from piccolo.engine.base import BaseAtomic, BaseBatch
from piccolo.utils.sync import run_sync

if TYPE_CHECKING:
    from .engine import Engine


class Batch(BaseBatch):
    """``async with await Band.select().batch(batch_size=100) as batch: async for rows in batch: ...``."""

    def __init__(self, engine: "Engine", query: Any, batch_size: int) -> None:
        self._query = query
        self._batch_size = batch_size

        sql, args = query.querystrings[0].compile_string(engine.engine_type)
        self._rows = engine.stream_named(sql, args, batch_size)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rows.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        async for row in self._rows:
            rows.append(row)
            if len(rows) == self._batch_size:
                break
        if not rows:
            raise StopAsyncIteration
        return await self._query._process_results(rows)  # type: ignore[no-any-return]


class Atomic(BaseAtomic):
    """Piccolo queries that run in one transaction, all or nothing."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.queries: list[Any] = []

    def add(self, *query: Any) -> None:
        """Append queries."""
        self.queries += query

    async def run(self) -> None:
        """Run them in their order; the list is empty afterwards, also after an error."""
        queries, self.queries = self.queries, []
        async with self._engine.transaction():
            for query in queries:
                await query.run()

    def run_sync(self) -> None:
        """Run them outside any event loop."""
        run_sync(self.run())

    def __await__(self) -> Any:
        return self.run().__await__()
