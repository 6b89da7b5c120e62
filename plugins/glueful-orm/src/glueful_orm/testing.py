"""For tests of code that uses the database: counting statements, and leaving no rows behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from .engines.engine import Engine
from .engines.pool import FairPool
from .engines.router import ROUTER
from .engines.session import Isolation, Session


class Statement(NamedTuple):
    """A statement that was sent, with placeholders, never with values."""

    sql: str
    duration_seconds: float
    rows: int | None
    error: BaseException | None


@contextmanager
def recorded_queries(engine: Engine | None = None) -> Iterator[list[Statement]]:
    """Collect the statements that are sent while the block runs, by whichever task.

    ``BEGIN``, ``COMMIT`` and savepoints are not among them.

    Args:
        engine: the one to watch; None for the one that models use here.
    """
    watched = engine or ROUTER.engine
    outer = watched.observe
    statements: list[Statement] = []

    def observe(sql: str, duration_seconds: float, rows: int | None, error: BaseException | None) -> None:
        statements.append(Statement(sql, duration_seconds, rows, error))
        if outer is not None:
            outer(sql, duration_seconds, rows, error)

    watched.observe = observe
    try:
        yield statements
    finally:
        watched.observe = outer


@contextmanager
def assert_queries(expected: int, *, engine: Engine | None = None) -> Iterator[list[Statement]]:
    """Fail unless exactly ``expected`` statements are sent while the block runs; the failure shows them.

    Args:
        expected: how many.
        engine: as for ``recorded_queries``.
    """
    with recorded_queries(engine) as statements:
        yield statements
    if len(statements) != expected:
        listed = "\n".join(
            f"  {number}. {' '.join(statement.sql.split())}  ({statement.duration_seconds * 1000:.1f} ms)"
            for number, statement in enumerate(statements, 1)
        )
        raise AssertionError(f"{expected} statements expected, {len(statements)} were sent:\n{listed}")


@asynccontextmanager
async def rolled_back(engine: Engine | None = None) -> AsyncIterator[Engine]:
    """Undo, when the block ends, everything that is written in it, by whichever task of this event loop.

    The models of this context and of every application bound to ``engine`` share one connection inside one
    transaction; their own transactions become savepoints, with ``after_commit`` as ever. So a test may call the
    application (through ``AsyncTestClient``) and look at the rows, and the next test begins with the same database::

        @pytest.fixture(autouse=True)
        async def clean_database(engine):
            async with rolled_back(engine):
                yield

    Not as in earnest: transactions run one after another, ``read_only`` and ``isolation`` have no effect, and deferred
    constraints are not checked.

    Args:
        engine: the one to replace; None for the one that models use here.
    """
    real = engine or ROUTER.engine
    stand_in = RolledBackEngine(real)
    await stand_in.open()
    try:
        with ROUTER.replaced(real, stand_in):
            yield stand_in
    finally:
        await stand_in.close()


class RolledBackEngine(Engine):
    """Lends one connection of another engine, inside a transaction that is never committed.

    Args:
        real: an open engine.
    """

    def __init__(self, real: Engine) -> None:
        self.dialect = real.dialect
        super().__init__(slow_query_ms=real.slow_query_ms, acquire_timeout_seconds=real.acquire_timeout_seconds)
        self.path = real.path
        self.observe = real.observe
        self._real = real
        self._pool: FairPool[_Savepoints] | None = None
        self._cleaning: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"RolledBackEngine({self._real!r})"

    async def open(self) -> None:
        """Borrow the connection."""
        session = _Savepoints(await self._real.begin(None, read_only=False))
        self._pool = FairPool("the connection of the test", [session])
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Roll everything back, and give the connection back."""
        if self._pool is None:
            return
        session = await self._pool.take(self.acquire_timeout_seconds)
        self._pool = self._loop = None
        try:
            await session.real.rollback()
        finally:
            self._real.release(session.real)

    @property
    def in_use(self) -> int:
        """1 while somebody has the connection."""
        return self._pool.size - len(self._pool.free) if self._pool is not None else 0

    async def acquire(self, *, write: bool = True) -> "_Savepoints":  # noqa: ARG002 - there is one connection
        """Borrow the connection."""
        if self._pool is None:
            raise AssertionError("rolled_back() has ended, and something still uses its database")
        return await self._pool.take(self.acquire_timeout_seconds)

    def release(self, session: "_Savepoints") -> None:
        """Give the connection back."""
        if session.is_open:
            task = asyncio.get_running_loop().create_task(session.rollback())
            self._cleaning.add(task)
            task.add_done_callback(lambda done: self._give(done, session))
        else:
            self._give(None, session)

    def _give(self, task: "asyncio.Task[None] | None", session: "_Savepoints") -> None:
        if task is not None:
            self._cleaning.discard(task)
        if self._pool is not None:
            self._pool.give(session)

    async def begin(self, isolation: Isolation | None, read_only: bool) -> "_Savepoints":
        """Borrow the connection, with a savepoint."""
        session = await self.acquire()
        try:
            await session.begin(isolation, read_only)
        except BaseException:
            self.release(session)
            raise
        return session

    def _writes(self, sql: str) -> bool:  # noqa: ARG002 - there is one connection
        return True

    async def _alone(self, operation: str, sql: str, args: Any) -> Any:
        session = await self.begin(None, read_only=False)
        try:
            result = await self._timed(session, operation, sql, args)
            await session.commit()
            return result
        finally:
            self.release(session)

    async def get_version(self) -> float:
        """The version of the database."""
        return await self._real.get_version()

    def get_version_sync(self) -> float:
        """The version of the database."""
        return self._real.get_version_sync()


class _Savepoints:
    """A session whose transactions are savepoints of the real one's."""

    def __init__(self, real: Session) -> None:
        self.real = real
        self.is_open = False

    def fetch(self, sql: str, args: Sequence[Any]) -> Awaitable[list[Any]]:
        return self.real.fetch(sql, args)

    def fetch_named(self, sql: str, args: Sequence[Any]) -> Awaitable[list[dict[str, Any]]]:
        return self.real.fetch_named(sql, args)

    def execute(self, sql: str, args: Sequence[Any]) -> Awaitable[int]:
        return self.real.execute(sql, args)

    def insert(self, sql: str, args: Sequence[Any]) -> Awaitable[Any]:
        return self.real.insert(sql, args)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Awaitable[int]:
        return self.real.executemany(sql, rows)

    def stream(self, sql: str, args: Sequence[Any], batch: int, named: bool) -> AsyncGenerator[Any, None]:
        return self.real.stream(sql, args, batch, named)

    async def begin(self, _isolation: Isolation | None, _read_only: bool, /) -> None:
        self.is_open = True
        await self.real.control("SAVEPOINT test")

    async def commit(self) -> None:
        await self.real.control("RELEASE SAVEPOINT test")
        self.is_open = False

    async def rollback(self) -> None:
        await self.real.control("ROLLBACK TO SAVEPOINT test")
        await self.real.control("RELEASE SAVEPOINT test")
        self.is_open = False

    def control(self, sql: str) -> Awaitable[object]:
        return self.real.control(sql)
