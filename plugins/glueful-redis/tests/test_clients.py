"""Clients for each kind of URL, on real servers, and what an application gets of them."""

import asyncio
import logging
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import svcs
import trustme
from glueful_hookspecs import Secret
from glueful_kernel import create_app, service
from glueful_kernel.testing import Proxy, RedisSentinel, RedisServer
from glueful_redis import Message, RedisClients, RedisNotConfigured, RedisSettings
from glueful_redis.stores import Stores
from litestar import get
from litestar.di import NamedDependency
from litestar.testing import AsyncTestClient
from redis.asyncio import Redis
from redis.exceptions import RedisError

NewClients = Callable[..., Any]


def plain(url: str) -> Any:
    """A client of redis-py as it comes."""
    return Redis.from_url(url)


async def eventually(work: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first answer that comes without an error."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(RedisError, OSError):
                return await work()
            await asyncio.sleep(0.02)


# --- one server ---


async def test_a_socket_file_and_a_database_number(new_clients: NewClients) -> None:
    folder = TemporaryDirectory()  # the path of a socket file has 107 bytes at most
    server = RedisServer(options={"unixsocket": f"{folder.name}/s"})
    try:
        await new_clients(f"unix://{folder.name}/s?db=2").shared.set("key", b"value")
        assert await new_clients(f"{server.url[:-1]}2").shared.get("key") == b"value"
        assert await new_clients(server.url).shared.get("key") is None
    finally:
        server.close()
        folder.cleanup()


@pytest.fixture
async def tls(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[Proxy, str, str]]:
    """A server with TLS that is certified for localhost, and two authorities: first the one that certified it."""
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    for name, one in (("authority", authority), ("stranger", stranger)):
        one.cert_pem.write_to_path(str(tmp_path / name))
    async with Proxy(redis_url, tls=context) as server:
        yield server, str(tmp_path / "authority"), str(tmp_path / "stranger")


async def test_tls_checks_authority_and_name(new_clients: NewClients, tls: tuple[Proxy, str, str]) -> None:
    server, authority, stranger = tls
    assert await new_clients(f"rediss://localhost:{server.port}", ca_file=authority).shared.ping()
    assert await new_clients(f"rediss://localhost:{server.port}?ssl_ca_certs={authority}").shared.ping()

    for host, file in (("localhost", stranger), ("127.0.0.1", authority), ("localhost", None)):
        with pytest.raises(RedisError, match="certificate verify failed"):
            await new_clients(f"rediss://{host}:{server.port}", ca_file=file, reconnect_seconds=0).shared.ping()


async def test_neither_client_nor_errors_show_the_password(
    new_clients: NewClients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clients = new_clients("redis://app:hunter2@127.0.0.1:1/3", reconnect_seconds=0)

    with pytest.raises(RedisError) as caught:
        await clients.shared.ping()

    assert repr(clients) == "RedisClients(redis://127.0.0.1:1/3, prefix='glueful')"
    assert "hunter2" not in f"{caught.value!r} {clients.shared!r} {caplog.text}"


def test_without_a_url_there_are_no_clients() -> None:
    with pytest.raises(RedisNotConfigured, match="GLUEFUL_REDIS__URL=redis://"):
        RedisClients(RedisSettings())


async def test_a_dedicated_client_has_connections_of_its_own(new_clients: NewClients, redis_url: str) -> None:
    clients = new_clients(redis_url, max_connections=1)
    own = clients.dedicated(max_connections=3, socket_timeout=None)

    blocked = [asyncio.create_task(own.blpop([f"list{number}"], timeout=0)) for number in range(3)]
    await asyncio.sleep(0.05)
    assert await clients.shared.ping()
    for number in range(3):
        await clients.shared.rpush(f"list{number}", b"x")

    assert len(await asyncio.gather(*blocked)) == 3


# --- sentinel ---


@pytest.fixture
def watched() -> Iterator[tuple[RedisServer, RedisServer, RedisSentinel]]:
    """A primary, its replica, and a sentinel that knows both."""
    primary = RedisServer()
    replica = RedisServer(options={"replicaof": f"127.0.0.1 {primary.port}"})
    sentinel = RedisSentinel(primary)
    yield primary, replica, sentinel
    for server in (sentinel, replica, primary):
        server.close()


async def test_sentinels_lead_to_the_new_primary(
    new_clients: NewClients, watched: tuple[RedisServer, RedisServer, RedisSentinel]
) -> None:
    primary, replica, sentinel = watched
    sentinels = new_clients(f"redis://127.0.0.1:{sentinel.port}", reconnect_seconds=0).shared
    replicated = new_clients(replica.url, reconnect_seconds=0).shared
    url = f"redis+sentinel://127.0.0.1:1,127.0.0.1:{sentinel.port}/main"
    redis = new_clients(url, reconnect_seconds=0.5).shared
    await redis.set("key", b"before")
    assert (await redis.info("server"))["tcp_port"] == primary.port

    async def is_ready() -> None:
        facts = await sentinels.execute_command("SENTINEL", "REPLICAS", "main")
        if not facts or await replicated.get("key") != b"before":
            raise RedisError("not yet")

    await eventually(is_ready)
    primary.stop(signal.SIGKILL)
    begin = time.monotonic()
    await eventually(lambda: redis.set("key", b"after"))

    assert time.monotonic() - begin < 30
    assert (await redis.info("server"))["tcp_port"] == replica.port
    assert await replicated.get("key") == b"after"


# --- cluster ---


@pytest.fixture
def cluster() -> Iterator[list[RedisServer]]:
    """Three nodes, each with a third of the slots."""
    nodes = []
    for _ in range(3):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            bus = str(unused.getsockname()[1])
        nodes.append(RedisServer(options={"cluster-enabled": "yes", "cluster-port": bus}))
    yield nodes
    for node in nodes:
        node.close()


async def join(nodes: list[RedisServer]) -> None:
    for number, node in enumerate(nodes):
        async with plain(node.url) as redis:
            await redis.execute_command("CLUSTER", "ADDSLOTSRANGE", *[(0, 5460), (5461, 10922), (10923, 16383)][number])
            for other in nodes:
                async with plain(other.url) as there:
                    bus = (await there.config_get("cluster-port"))["cluster-port"]
                await redis.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)

    async def is_ready() -> None:
        for node in nodes:
            async with plain(node.url) as redis:
                if (await redis.execute_command("CLUSTER INFO"))["cluster_state"] != "ok":
                    raise RedisError("not yet")

    await eventually(is_ready)


async def test_the_nodes_of_a_cluster_are_found_and_counts_are_not_repeated(
    new_clients: NewClients, cluster: list[RedisServer]
) -> None:
    await join(cluster)
    clients = new_clients(f"redis+cluster://127.0.0.1:1,127.0.0.1:{cluster[0].port}", reconnect_seconds=10)
    redis = clients.shared
    assert clients.is_cluster

    await asyncio.gather(*[redis.set(f"key{number}", b"value") for number in range(100)])

    sizes = []
    for node in cluster:
        async with plain(node.url) as one:
            sizes.append(await one.dbsize())
    assert sum(sizes) == 100
    assert min(sizes) > 10
    assert await redis.incr("counter") == 1
    assert (await redis.execute_command("EVAL", "return redis.call('GET', KEYS[1])", 1, "key7")) == b"value"


async def test_keys_locks_and_messages_work_in_a_cluster(new_clients: NewClients, cluster: list[RedisServer]) -> None:
    await join(cluster)
    url = f"redis+cluster://127.0.0.1:{cluster[0].port}"
    stores = Stores(RedisSettings(url=Secret(url)), new_clients(url))
    key_values, values = stores.key_values, {f"key{number}": b"%d" % number for number in range(100)}

    await key_values.set_many(values, ttl=60, tags=["one", "two", "three"])
    assert await key_values.get_many(values) == values
    await key_values.invalidate_tags("one", "no such tag")
    assert await key_values.get_many(values) == {}
    assert await key_values.add("key7", b"1", ttl=60)
    assert await key_values.increment("key7", ttl=60) == 2
    await key_values.delete("key7", "key8", "key9")
    await key_values.set_many(values, ttl=60)
    await key_values.clear()
    assert await key_values.get_many(values) == {}

    for name in ("import", "}", "{a}", "%7B"):
        async with stores.locks.hold(name) as lease:
            await lease.extend(30)
            assert await stores.locks.try_acquire(name, ttl=30) is None

    async with stores.pubsub.subscribe("a", "b", "c") as subscription:
        for channel in ("a", "b", "c"):
            await stores.pubsub.publish(channel, channel.encode())
            assert await asyncio.wait_for(anext(subscription), 5) == Message(channel, channel.encode())
    await stores.close()


async def test_slots_that_move_under_load_lose_no_count(new_clients: NewClients, cluster: list[RedisServer]) -> None:
    await join(cluster)
    redis = new_clients(f"redis+cluster://127.0.0.1:{cluster[0].port}", reconnect_seconds=10).shared
    await asyncio.gather(*[redis.get(f"counter{number}") for number in range(100)])
    async with plain(cluster[2].url) as last:
        owner = await last.execute_command("CLUSTER", "MYID")
        await last.execute_command("CLUSTER", "BUMPEPOCH")  # its claims beat those of the former owner
    for node in reversed(cluster):
        async with plain(node.url) as one:
            for slot in range(0, 5461, 20):
                await one.execute_command("CLUSTER", "SETSLOT", slot, "NODE", owner)

    counts = await asyncio.gather(*[redis.incr(f"counter{number % 100}") for number in range(300)])

    assert sorted(counts) == sorted([1, 2, 3] * 100)


# --- the plugin ---


async def test_a_handler_gets_the_client_and_its_connections_outlive_the_request(redis_url: str) -> None:
    @get("/hits", dependencies={"redis": service(Redis)})
    async def hits(redis: NamedDependency[Redis]) -> dict[str, int]:
        client_id = await redis.client_id()
        return {"hits": await redis.incr("hits"), "connection": client_id}

    async with AsyncTestClient(create_app([hits], settings={"redis": {"url": redis_url}}, only=["redis"])) as client:
        first, second = (await client.get("/hits")).json(), (await client.get("/hits")).json()

    assert (first["hits"], second["hits"]) == (1, 2)
    assert first["connection"] == second["connection"]


async def test_a_ping_tells_whether_redis_is_there(redis_url: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        for url, is_there in ((redis_url, True), (f"redis://127.0.0.1:{unused.getsockname()[1]}", False)):
            settings = {"redis": {"url": url, "reconnect_seconds": 0.0}}
            app = create_app([], settings=settings, only=["redis"])
            async with app.lifespan(), svcs.Container(app.state.services) as container:
                (ping,) = container.get_pings()
                if is_there:
                    await ping.aping()
                else:
                    with pytest.raises(RedisError):
                        await ping.aping()


async def test_two_applications_share_nothing(new_clients: NewClients, redis_url: str) -> None:
    one = create_app([], settings={"redis": {"url": redis_url}}, only=["redis"])
    two = create_app([], settings={"redis": {"url": redis_url, "prefix": "other"}}, only=["redis"])
    async with (
        one.lifespan(),
        two.lifespan(),
        svcs.Container(one.state.services) as first,
        svcs.Container(two.state.services) as second,
    ):
        clients = [await first.aget(RedisClients), await second.aget(RedisClients)]

    assert [each.prefix for each in clients] == ["glueful", "other"]
    assert clients[0].shared is not clients[1].shared
    for each in clients:
        await each.close()


def test_a_secret_stays_one() -> None:
    assert "hunter2" not in repr(RedisSettings(url=Secret("redis://:hunter2@localhost")))
