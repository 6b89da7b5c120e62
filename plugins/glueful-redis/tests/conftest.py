"""Clients of real servers, closed after each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_kernel.testing import RedisServer
from glueful_redis import RedisClients, RedisSettings

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
