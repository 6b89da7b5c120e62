"""PostgreSQL: a fair pool of asyncpg connections."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import asyncpg

from ..errors import BegunByHand, ConnectionLost, DatabaseUnreachable
from .engine import Dialect, Engine
from .pool import FairPool
from .postgres_connection import PostgresConnection
from .postgres_errors import unreachable
from .reading import is_repeatable
from .session import Isolation

CLOSE_TIMEOUT_SECONDS = 10.0
PING_AFTER_SECONDS = 30.0
REAP_EVERY_SECONDS = 60.0
FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 1.0
ANSWER_GRACE_SECONDS = 5.0
KEEP_ALIVE = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""The server lets go of the locks of a client that vanished without a word after 30 seconds, not after two hours."""


class PostgresEngine(Engine):
    """A PostgreSQL database.

    A connection given back goes to whoever has waited longest, and nothing is sent to reset it: leave no session state
    behind (``SET``, ``LISTEN``, session-level advisory locks; ``connect_apart`` is for these); ``SET LOCAL`` inside a
    transaction is fine.

    Args:
        dsn: ``postgresql://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path/ca.pem``, with the
            parameters of libpq that asyncpg knows; it is not shown anywhere.
        min_size: number of connections opened by ``open()`` and kept.
        max_size: greatest number of connections.
        acquire_timeout_seconds: how long a statement waits in line for a connection.
        connect_timeout_seconds: how long opening a connection may take.
        open_timeout_seconds: how long ``open()`` tries again while the server cannot be reached.
        statement_timeout_seconds: greatest duration of a statement; None for no limit.
        statement_cache_size: prepared statements kept for each connection; 0 behind PgBouncer in transaction mode.
        max_lifetime_seconds: age at which a connection is replaced.
        max_idle_seconds: idle time after which connections above ``min_size`` are closed.
        slow_query_ms: threshold of the slow-query log; 0 for none.
        server_settings: parameters of the session, for example ``{"search_path": "shop"}``.
    """

    dialect: Dialect = "postgres"

    def __init__(
        self,
        dsn: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        acquire_timeout_seconds: float = 10.0,
        connect_timeout_seconds: float = 10.0,
        open_timeout_seconds: float = 10.0,
        statement_timeout_seconds: float | None = 30.0,
        statement_cache_size: int = 256,
        max_lifetime_seconds: float = 1800.0,
        max_idle_seconds: float = 300.0,
        slow_query_ms: float = 500.0,
        server_settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slow_query_ms=slow_query_ms, acquire_timeout_seconds=acquire_timeout_seconds)
        self._dsn = dsn
        self.where = describe(dsn)
        self.min_size = min(min_size, max_size)
        self.max_size = max_size
        self.open_timeout_seconds = open_timeout_seconds
        self.max_lifetime_seconds = max_lifetime_seconds
        self.max_idle_seconds = max_idle_seconds
        self.statement_cache_size = statement_cache_size
        settings = {"application_name": "glueful", **KEEP_ALIVE, **(server_settings or {})}
        limit = statement_timeout_seconds
        if limit is not None and statement_cache_size:
            settings["statement_timeout"] = str(int(limit * 1000))
        elif not statement_cache_size:
            # PgBouncer refuses a connection with parameters that it does not track.
            settings = dict(server_settings or {})
        self._options: dict[str, Any] = {
            "timeout": connect_timeout_seconds,
            # The server's limit comes first; this one is for a server that has gone silent.
            "command_timeout": None
            if limit is None
            else limit + (ANSWER_GRACE_SECONDS if statement_cache_size else 0.0),
            "statement_cache_size": statement_cache_size,
            "server_settings": settings,
        }
        self._pool: FairPool[PostgresConnection]
        self._places: list[PostgresConnection] = []
        self._cleaning: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self._version = 0.0

    def __repr__(self) -> str:
        return f"PostgresEngine({self.where!r})"

    # --- life ---

    async def open(self) -> None:
        """Connect."""
        if self._loop is not None:
            return
        loop = asyncio.get_running_loop()
        self._places = [PostgresConnection(self._connect) for _ in range(self.max_size)]
        warm = self._places[-self.min_size :] if self.min_size else []
        try:
            if warm:
                await self._connect_patiently(warm[-1])
            await asyncio.gather(*[place.connect() for place in warm[:-1]])
        except BaseException:
            for place in self._places:
                place.drop()
            raise
        advice = "keep transactions short (no HTTP calls inside), or raise [orm] pool_size"
        self._pool = FairPool("PostgreSQL connections", self._places, advice)
        self._loop = loop
        self._reaper = loop.call_later(REAP_EVERY_SECONDS, self._reap)

    async def _connect_patiently(self, place: PostgresConnection) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self.open_timeout_seconds
        delay = FIRST_RETRY_SECONDS
        while True:
            try:
                await place.connect()
            except DatabaseUnreachable as error:
                pause = random.uniform(delay / 2, delay)  # noqa: S311 - spreads the processes of a deployment
                if not error.may_pass or clock() + pause >= deadline:
                    raise
            else:
                return
            await asyncio.sleep(pause)
            delay = min(delay * 2, LONGEST_RETRY_SECONDS)

    async def _connect(self, place: PostgresConnection) -> Any:
        try:
            connection = await asyncpg.connect(self._dsn, **self._options)
        except Exception as error:
            failure = unreachable(error, self.where)
        else:
            now = asyncio.get_running_loop().time()
            place.used_at = now
            # Connections opened together are not replaced together.
            place.expires_at = now + self.max_lifetime_seconds * random.uniform(0.9, 1.1)  # noqa: S311
            version = connection.get_server_version()
            self._version = float(f"{version.major}.{version.minor}")
            return connection
        raise failure

    async def connect_apart(self) -> Any:
        """A connection of asyncpg that is not of the pool, for session state such as ``LISTEN``: close it yourself.

        Raises:
            DatabaseUnreachable: the server did not accept it.
        """
        return await self._connect(PostgresConnection(self._connect))

    async def close(self) -> None:
        """Close every connection."""
        if self._loop is None:
            return
        self._loop = None
        if self._reaper is not None:
            self._reaper.cancel()
        try:
            for place in await self._pool.take_all(CLOSE_TIMEOUT_SECONDS):
                await place.close()
        finally:
            for place in self._places:
                place.drop()
            for task in tuple(self._cleaning):
                task.cancel()
            await asyncio.gather(*self._cleaning, return_exceptions=True)

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        self._reaper = loop.call_later(REAP_EVERY_SECONDS, self._reap)
        now = loop.time()
        connected = sum(place.is_connected for place in self._places)
        for place in self._pool.free:  # the one that has been idle longest first
            if connected <= self.min_size:
                break
            if place.is_connected and now - place.used_at > self.max_idle_seconds:
                connected -= 1
                place.drop()

    @property
    def in_use(self) -> int:
        """How many connections are lent."""
        return self._pool.size - len(self._pool.free) if self._loop is not None else 0

    # --- connections ---

    async def acquire(self, *, write: bool = True) -> PostgresConnection:  # noqa: ARG002 - SQLite's concern
        """Borrow a connection."""
        self._check_open()
        place = self._pool.take_nowait() or await self._pool.take(self.acquire_timeout_seconds)
        connection = place.connection
        now = asyncio.get_running_loop().time()
        if (
            connection is not None
            and not connection.is_closed()
            and now - place.used_at < PING_AFTER_SECONDS
            and now < place.expires_at
        ):
            return place
        try:
            if not place.is_connected or now >= place.expires_at or not await place.is_alive():
                await place.connect()
        except BaseException:
            place.drop()
            self._pool.give(place)
            raise
        return place

    def release(self, session: PostgresConnection) -> None:
        """Give a connection back."""
        connection = session.connection
        if connection is None or connection.is_closed():
            session.drop()
        elif session.is_dirty or connection.is_in_transaction():
            task = asyncio.get_running_loop().create_task(session.clean(), name="glueful-orm-clean-connection")
            self._cleaning.add(task)
            task.add_done_callback(lambda done: self._cleaned(done, session))
            return
        else:
            session.used_at = asyncio.get_running_loop().time()
        self._pool.give(session)

    def _cleaned(self, task: "asyncio.Task[None]", session: PostgresConnection) -> None:
        self._cleaning.discard(task)
        session.used_at = asyncio.get_running_loop().time()
        self._pool.give(session)

    async def begin(self, isolation: Isolation | None, read_only: bool) -> PostgresConnection:
        """Borrow a connection with a transaction begun on it."""
        place = await self.acquire()
        try:
            try:
                await place.begin(isolation, read_only)
            except ConnectionLost:
                # The server closed it while it was idle; nothing has been done in the transaction yet.
                await place.connect()
                await place.begin(isolation, read_only)
        except BaseException:
            self.release(place)
            raise
        return place

    def _writes(self, sql: str) -> bool:
        return not is_repeatable(sql)

    async def _alone(self, operation: str, sql: str, args: Any) -> Any:
        place = await self.acquire()
        try:
            try:
                result = await self._timed(place, operation, sql, args)
            except ConnectionLost:
                if operation not in ("fetch", "fetch_named") or not is_repeatable(sql):
                    raise
                await place.connect()
                result = await self._timed(place, operation, sql, args)
            if place.is_in_transaction:
                raise BegunByHand
            return result
        finally:
            self.release(place)

    # --- versions ---

    async def get_version(self) -> float:
        """The version, as Piccolo compares it."""
        return self._version

    def get_version_sync(self) -> float:
        """The version, as Piccolo compares it."""
        return self._version


def describe(dsn: str) -> str:
    """Host, port and database of a DSN, without user and password."""
    rest = dsn.partition("://")[2].partition("?")[0]
    return rest.rpartition("@")[2] or "localhost"
