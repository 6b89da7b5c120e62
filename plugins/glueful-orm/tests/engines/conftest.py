"""Fixtures for the engines: one database of each kind, and a way to disturb the connection to PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from glueful_orm.engines import ROUTER, Engine, engine_from_url


@pytest.fixture
def sqlite_path(tmp_path: Path) -> str:
    """Where a SQLite database may be."""
    return str(tmp_path / "test.sqlite3")


@pytest.fixture
async def sqlite(sqlite_path: str) -> AsyncIterator[Engine]:
    """An open SQLite engine that models use."""
    engine = engine_from_url(f"sqlite:///{sqlite_path}")
    await engine.open()
    ROUTER.bind(engine)
    yield engine
    ROUTER.unbind(engine)
    await engine.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Engine]:
    """An open PostgreSQL engine that models use."""
    engine = engine_from_url(postgres_url)
    await engine.open()
    ROUTER.bind(engine)
    yield engine
    ROUTER.unbind(engine)
    await engine.close()


class Proxy:
    """Stands between client and server, on real sockets; cuts, delays or refuses at a chosen moment.

    Attributes:
        url: of the database, through the proxy.
        connections: how many clients have connected so far.
        is_refusing: whether new clients are turned away.
    """

    def __init__(self, url: str) -> None:
        self._upstream = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cut: tuple[bytes, bool] | None = None
        self._silent = False
        self._forgotten: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.url = ""
        self.connections = 0
        self.is_refusing = False

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        port = self._server.sockets[0].getsockname()[1]
        user = self._upstream.netloc.rpartition("@")[0]
        self.url = f"postgresql://{user}@127.0.0.1:{port}{self._upstream.path}"

    def cut_at(self, text: bytes, *, after_delivery: bool) -> None:
        """Break the connection at the first message that holds ``text``; before or after the server gets it."""
        self._cut = (text, after_delivery)

    def cut_all(self) -> None:
        """Break every connection now."""
        for pair in self._pairs:
            for writer in pair:
                writer.transport.abort()

    def fall_silent(self) -> None:
        """Pass nothing on any more, and close nothing, as a firewall that dropped the connection."""
        self._silent = True

    def forget_old(self) -> None:
        """Be silent to the clients of now, but serve new ones."""
        self._forgotten = set(self._pairs)

    async def close(self) -> None:
        """Stop, and break every connection."""
        if self._server is not None:
            self._server.close()
        self.cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.is_refusing:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        pair = (writer, there_writer)
        self._pairs.add(pair)
        for source, target, is_client in ((reader, there_writer, True), (there_reader, writer, False)):
            task = asyncio.create_task(self._copy(source, target, pair, is_client=is_client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _copy(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        is_client: bool,
    ) -> None:
        try:
            while data := await source.read(65536):
                if self._silent or pair in self._forgotten:
                    continue
                if is_client and self._cut is not None and self._cut[0] in data:
                    _, after_delivery = self._cut
                    self._cut = None
                    if after_delivery:
                        target.write(data)
                        await target.drain()
                        await self._swallow_answer(pair)
                    for writer in pair:
                        writer.transport.abort()
                    return
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    async def _swallow_answer(self, pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        # The answer goes into the client's closed socket: the server has done its work, nobody hears of it.
        pair[0].transport.abort()
        await asyncio.sleep(0.05)


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    """A proxy before the test's PostgreSQL database."""
    proxy = Proxy(postgres_url)
    await proxy.start()
    yield proxy
    await proxy.close()


@pytest.fixture
async def through_proxy(proxy: Proxy, new_engine: Callable[..., object]) -> Engine:
    """An engine of two connections, behind the proxy."""
    engine: Engine = await new_engine(proxy.url, min_size=2, max_size=2, acquire_timeout_seconds=2)  # type: ignore[misc]
    return engine


@pytest.fixture
async def new_engine() -> AsyncIterator[Callable[..., object]]:
    """Opens further engines, which are closed after the test."""
    engines: list[Engine] = []

    async def new(url: str, **options: object) -> Engine:
        engine = engine_from_url(url, **options)
        await engine.open()
        engines.append(engine)
        return engine

    yield new
    for engine in engines:
        await engine.close()
