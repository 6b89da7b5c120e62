"""Fixtures for the tests of plugins and applications; pytest loads them with glueful-kernel.

A server starts when the first test asks for it, once for each test process.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .network import Proxy
    from .postgres import PostgresServer
    from .redis import RedisServer

pytest.register_assert_rewrite("glueful_kernel.testing.conformance")
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A PostgreSQL server that belongs to this test process and may be stopped and started."""
    from .postgres import PostgresServer

    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards; on the server of GLUEFUL_TEST_POSTGRES_URL if that is set."""
    server = os.environ.get("GLUEFUL_TEST_POSTGRES_URL") or request.getfixturevalue("postgres_server").url
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    yield f"{server.rpartition('/')[0]}/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    import asyncio

    import asyncpg

    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        runner.run(execute())


@pytest.fixture(scope="session")
def redis_server() -> "Iterator[RedisServer]":
    """A Redis server that belongs to this test process and may be stopped and started."""
    from .redis import RedisServer

    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty Redis; of GLUEFUL_TEST_REDIS_URL, as it is, if that is set."""
    if given := os.environ.get("GLUEFUL_TEST_REDIS_URL"):
        return given
    server: RedisServer = request.getfixturevalue("redis_server")
    server.flush()
    return server.url


@pytest.fixture
async def proxy_to() -> "AsyncIterator[Callable[[str], Awaitable[Proxy]]]":
    """Puts a proxy before a server: await it with a URL, and connect to the ``url`` of what it returns."""
    from .network import Proxy

    async with AsyncExitStack() as proxies:

        async def proxy_to(url: str) -> Proxy:
            return await proxies.enter_async_context(Proxy(url))

        yield proxy_to
