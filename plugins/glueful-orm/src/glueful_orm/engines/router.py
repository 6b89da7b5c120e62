"""The engine that every model has: it finds the real one when a statement runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from glueful_hookspecs import current_application
from piccolo.engine.base import Engine as PiccoloEngine
from piccolo.querystring import QueryString

from ..errors import DatabaseNotBound
from .engine import Engine


class Router(PiccoloEngine[Any]):
    """Given as ``db=`` to every model and resolved late, so that models can be imported before any database is known.

    In order: the engine of the innermost ``async with connect(url)`` of this context; the only one bound; the one
    bound to ``current_application()``. A second node of the same database, such as a replica, has its place in
    ``bound``.
    """

    def __init__(self) -> None:
        # Piccolo's own constructor asks the database for its version.
        self.query_id = 0
        self.log_queries = self.log_responses = False
        self._bound: dict[object, Engine] = {}
        self._only: Engine | None = None
        self._local: ContextVar[Engine | None] = ContextVar("glueful_orm_engine", default=None)
        self._locals = 0

    # --- binding ---

    def bind(self, engine: Engine, application: object = None) -> None:
        """Give an application its engine; bound again, it replaces the earlier one.

        Args:
            engine: opened by whoever binds it.
            application: the ``Litestar`` object; None binds for code outside any application.
        """
        self._rebind({**self._bound, application: engine})

    def unbind(self, engine: Engine) -> None:
        """Forget an engine, whoever it was bound to. Forgetting one that is not bound does nothing."""
        self._rebind({key: bound for key, bound in self._bound.items() if bound is not engine})

    def _rebind(self, bound: dict[object, Engine]) -> None:
        self._bound = bound
        engines = set(bound.values())
        self._only = engines.pop() if len(engines) == 1 else None

    @contextmanager
    def using(self, engine: Engine) -> Iterator[None]:
        """Use ``engine`` in this context, and in the tasks that are started in it, whatever else is bound."""
        outer = self._local.get()
        self._local.set(engine)
        self._locals += 1
        try:
            yield
        finally:
            self._locals -= 1
            self._local.set(outer)

    @contextmanager
    def replaced(self, engine: Engine, stand_in: Engine) -> Iterator[None]:
        """Use ``stand_in`` wherever ``engine`` is bound, and in this context."""
        self._rebind({key: stand_in if bound is engine else bound for key, bound in self._bound.items()})
        try:
            with self.using(stand_in):
                yield
        finally:
            self._rebind({key: engine if bound is stand_in else bound for key, bound in self._bound.items()})

    @property
    def bound(self) -> tuple[Engine, ...]:
        """The engines that are bound."""
        return tuple(self._bound.values())

    @property
    def engine(self) -> Engine:
        """The engine of this context.

        Raises:
            DatabaseNotBound: there is none, or several and this code runs in no application.
        """
        if not self._locals and self._only is not None:
            return self._only
        return self._resolve()

    def _resolve(self) -> Engine:
        local = self._local.get()
        if local is not None:
            return local
        application = current_application()
        engine = self._bound.get(application)
        if engine is None:
            engine = self._only
        if engine is None:
            raise DatabaseNotBound(len(self._bound))
        return engine

    # --- what Piccolo asks of an engine ---

    @property
    def dialect(self) -> str:
        """``"sqlite"`` or ``"postgres"``."""
        return self.engine.dialect

    @property
    def engine_type(self) -> str:  # type: ignore[override]
        """Piccolo's name for the dialect."""
        return self.engine.engine_type

    @property
    def min_version_number(self) -> float:  # type: ignore[override]
        """The oldest version that Piccolo supports."""
        return self.engine.min_version_number

    @property
    def current_transaction(self) -> Any:  # type: ignore[override]
        """The ContextVar of the engine in use."""
        return self.engine.current_transaction

    async def get_version(self) -> float:
        """The version of the database."""
        return await self.engine.get_version()

    def get_version_sync(self) -> float:
        """The version of the database, as it was when the engine was opened."""
        return self.engine.get_version_sync()

    async def prep_database(self) -> None:
        """Nothing to prepare."""

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Any:
        """Piccolo's ``Select.batch()``."""
        return await self.engine.batch(query, batch_size, node)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run a Piccolo query."""
        return await self.engine.run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run a Piccolo DDL statement."""
        return await self.engine.run_ddl(ddl, in_pool)

    def transform_response_to_dicts(self, results: Any) -> list[dict[str, Any]]:
        """Rows as Piccolo wants them."""
        return self.engine.transform_response_to_dicts(results)

    def transaction(self, *args: Any, **kwargs: Any) -> Any:
        """A transaction of the engine in use."""
        return self.engine.transaction(*args, **kwargs)

    def atomic(self, *_args: Any, **_kwargs: Any) -> Any:
        """Piccolo's list of queries for one transaction."""
        return self.engine.atomic()


ROUTER = Router()
"""The one router; ``class Model(Table, db=ROUTER)``."""
