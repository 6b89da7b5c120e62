"""Clients of real servers, and both implementations of the contracts, closed after each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_kernel.testing import RedisServer
from glueful_redis import KeyValueStore, Locks, PubSub, RedisClients, RedisSettings
from glueful_redis.stores import Stores
from redis.asyncio import Redis

NewClients = Callable[..., RedisClients]


@pytest.fixture
async def new_clients() -> AsyncIterator[NewClients]:
    """``new_clients(url, prefix="shop")``: the clients of an application with these settings."""
    opened: list[RedisClients] = []

    def new(url: str, **settings: Any) -> RedisClients:
        clients = RedisClients(RedisSettings(url=Secret(url), **settings))
        opened.append(clients)
        return clients

    yield new
    for clients in opened:
        await clients.close()


@pytest.fixture(scope="session")
def faulty_server() -> Iterator[RedisServer]:
    """A server that may be stopped, filled up, put to sleep and demoted."""
    server = RedisServer(append_only=True, options={"enable-debug-command": "yes"})
    yield server
    server.close()


@pytest.fixture
def faulty_url(faulty_server: RedisServer) -> str:
    """The URL of that server, empty."""
    faulty_server.flush()
    return faulty_server.url


class World:
    """An application's stores, a second process's view of them, and the time in which they live.

    Attributes:
        key_values, locks, pubsub: the implementations under test.
        is_embedded: which ones.
    """

    key_values: KeyValueStore
    locks: Locks
    pubsub: PubSub
    is_embedded: bool

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError

    def another(self, **settings: Any) -> Stores:
        """What another process has: nothing of this one's memory."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class EmbeddedWorld(World):
    is_embedded = True

    def __init__(self, path: Path) -> None:
        self._path, self._time, self._monotonic = path, 1_800_000_000.0, 0.0
        self._opened: list[Stores] = []
        stores = self.another()
        self.key_values, self.locks, self.pubsub = stores.key_values, stores.locks, stores.pubsub

    async def advance(self, seconds: float) -> None:
        self._time += seconds
        self._monotonic += seconds

    def another(self, **settings: Any) -> Stores:
        settings = {"embedded_path": str(self._path), "poll_seconds": 0.005, **settings}
        stores = Stores(RedisSettings(**settings), None)
        assert stores.file is not None
        stores.file._clock = lambda: self._time
        stores.locks.monotonic = lambda: self._monotonic
        self._opened.append(stores)
        return stores

    async def close(self) -> None:
        for stores in self._opened:
            await stores.close()


class RedisWorld(World):
    is_embedded = False

    def __init__(self, url: str) -> None:
        self._url, self._monotonic = url, 0.0
        self._opened: list[tuple[Stores, RedisClients]] = []
        self.redis = Redis.from_url(url)
        stores = self.another()
        self.key_values, self.locks, self.pubsub = stores.key_values, stores.locks, stores.pubsub

    async def advance(self, seconds: float) -> None:
        """Time on a server is what is left to its keys."""
        self._monotonic += seconds
        async for key in self.redis.scan_iter():
            left = await self.redis.pttl(key)
            if left >= 0:
                left -= round(seconds * 1000)
                await (self.redis.pexpire(key, left) if left > 0 else self.redis.delete(key))

    def another(self, **settings: Any) -> Stores:
        full = RedisSettings(url=Secret(self._url), **{"poll_seconds": 0.005, **settings})
        clients = RedisClients(full)
        stores = Stores(full, clients)
        stores.locks.monotonic = lambda: self._monotonic
        self._opened.append((stores, clients))
        return stores

    async def close(self) -> None:
        for stores, clients in self._opened:
            await stores.close()
            await clients.close()
        await self.redis.aclose()


@pytest.fixture(params=["embedded", "redis"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The same on a file and on a server."""
    if request.param == "embedded":
        made: World = EmbeddedWorld(tmp_path / "store.sqlite3")
    else:
        made = RedisWorld(request.getfixturevalue("redis_url"))
    yield made
    await made.close()


@pytest.fixture
def key_values(world: World) -> KeyValueStore:
    return world.key_values


@pytest.fixture
def locks(world: World) -> Locks:
    return world.locks


@pytest.fixture
def pubsub(world: World) -> PubSub:
    return world.pubsub


@pytest.fixture
def advance(world: World) -> Callable[[float], Awaitable[None]]:
    return world.advance


@pytest.fixture
def worlds() -> Any:
    """The classes of worlds, for tests that make their own."""

    class Worlds:
        EmbeddedWorld = EmbeddedWorld
        RedisWorld = RedisWorld

    return Worlds
