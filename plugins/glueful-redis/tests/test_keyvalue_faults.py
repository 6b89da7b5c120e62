"""Keys, values and locks on Redis while it is restarted, filled, demoted, slow or gone."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_kernel.testing import Proxy, RedisServer
from glueful_redis import RedisClients, RedisSettings, StoreError, StoreFull, StoreRefused, StoreUnavailable
from glueful_redis.stores import Stores
from redis.asyncio import Redis

NewStores = Callable[..., Stores]


@pytest.fixture
async def new_stores() -> Any:
    """``new_stores(url)``: the stores of an application."""
    opened = []

    def new(url: str, **settings: Any) -> Stores:
        full = RedisSettings(url=Secret(url), **settings)
        clients = RedisClients(full)
        stores = Stores(full, clients)
        opened.append((stores, clients))
        return stores

    yield new
    for stores, clients in opened:
        await stores.close()
        await clients.close()


async def test_scripts_survive_that_the_server_forgets_them(new_stores: NewStores, redis_url: str) -> None:
    stores = new_stores(redis_url)
    async with Redis.from_url(redis_url) as redis:
        for number in range(1, 4):
            assert await stores.key_values.increment("n", ttl=60) == number
            lease = await stores.locks.acquire("x", ttl=30)
            await redis.script_flush()
            await lease.extend(30)
            await redis.script_flush()
            await lease.release()
            await stores.key_values.set("key", b"value", ttl=60, tags=["tag"])
            await redis.script_flush()


async def test_with_an_append_only_file_nothing_is_lost_in_a_crash(
    new_stores: NewStores, faulty_server: RedisServer, faulty_url: str
) -> None:
    stores = new_stores(faulty_url)
    await stores.key_values.set_many({f"key{n}": b"%d" % n for n in range(100)}, ttl=600, tags=["tag"])
    lease = await stores.locks.acquire("x", ttl=60)

    faulty_server.restart(signal.SIGKILL)

    assert len(await stores.key_values.get_many(f"key{n}" for n in range(100))) == 100
    assert await stores.locks.try_acquire("x", ttl=60) is None
    await lease.extend(60)


async def test_without_one_all_is_lost_and_everything_works(new_stores: NewStores) -> None:
    server = RedisServer()
    try:
        stores = new_stores(server.url)
        await stores.key_values.set("key", b"value", ttl=600, tags=["tag"])
        lease = await stores.locks.acquire("x", ttl=60)
        async with Redis.from_url(server.url) as redis:
            await redis.shutdown(nosave=True)
        server.stop()
        server.start()

        assert await stores.key_values.get("key") is None
        successor = await stores.locks.acquire("x", ttl=60)
        assert successor.fence > lease.fence
        with pytest.raises(StoreError, match="'x' was lost"):
            await lease.extend(60)
    finally:
        server.close()


async def test_a_full_server_refuses_values_and_gives_those_it_has(new_stores: NewStores, faulty_url: str) -> None:
    stores = new_stores(faulty_url)
    await stores.key_values.set("key", b"value", ttl=60)
    async with Redis.from_url(faulty_url) as redis:
        await redis.config_set("maxmemory", "1mb")
        try:
            for work in (
                stores.key_values.set("other", b"value", ttl=60),
                stores.key_values.set_many({"a": b"1", "b": b"2"}, ttl=60),
                stores.key_values.increment("n", ttl=60),
                stores.locks.acquire("x", ttl=30),
            ):
                with pytest.raises(StoreFull, match="raise maxmemory"):
                    await work
            assert await stores.key_values.get("key") == b"value"
        finally:
            await redis.config_set("maxmemory", "0")
    await stores.key_values.set("other", b"value", ttl=60)


async def test_a_replica_that_was_promoted_for_a_moment_is_waited_for(new_stores: NewStores, faulty_url: str) -> None:
    stores = new_stores(faulty_url, reconnect_seconds=0.1)
    async with Redis.from_url(faulty_url) as redis:
        await redis.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(StoreUnavailable, match="ReadOnlyError"):
                await stores.key_values.set("key", b"value", ttl=60)
            with pytest.raises(StoreUnavailable):
                await stores.locks.acquire("x", ttl=30)
        finally:
            await redis.replicaof("NO", "ONE")
    await stores.key_values.set("key", b"value", ttl=60)


async def test_what_waiting_does_not_mend_is_refused(new_stores: NewStores, redis_url: str) -> None:
    server = RedisServer(options={"requirepass": "right"})
    try:
        stores = new_stores(f"redis://:wrong@127.0.0.1:{server.port}")
        with pytest.raises(StoreRefused, match="refuses") as caught:
            await stores.key_values.get("key")
        assert "wrong@" not in str(caught.value)
    finally:
        server.close()
    async with Redis.from_url(redis_url) as redis:
        await redis.lpush("glueful:kv:key", b"a stranger's")
    for work in (new_stores(redis_url).key_values.get("key"), new_stores(redis_url).key_values.increment("key", ttl=1)):
        with pytest.raises(StoreRefused, match="wrong kind"):
            await work


async def test_a_black_hole_ends_in_an_error_in_time(
    new_stores: NewStores, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]]
) -> None:
    proxy = await proxy_to(redis_url)
    stores = new_stores(proxy.url, timeout_seconds=0.5, connect_timeout_seconds=0.5)
    await stores.key_values.set("key", b"value", ttl=60)
    proxy.is_black_hole = True

    for work in (
        stores.key_values.get("key"),
        stores.key_values.increment("n", ttl=60),
        stores.locks.acquire("x", ttl=30),
        stores.pubsub.publish("news", b""),
    ):
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await work
        assert time.monotonic() - begin < 5
    proxy.is_black_hole = False
    assert await stores.key_values.get("key") == b"value"


@pytest.mark.parametrize("after_delivery", [True, False])
async def test_a_lock_whose_connection_breaks_is_asked_for_again_and_taken_once(
    new_stores: NewStores, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]], after_delivery: bool
) -> None:
    proxy = await proxy_to(redis_url)
    stores = new_stores(proxy.url)
    await (await stores.locks.acquire("x", ttl=30)).release()
    proxy.cut_at(b"EVALSHA", after_delivery=after_delivery)

    lease = await stores.locks.acquire("x", ttl=30)

    await lease.extend(30)
    assert await stores.locks.try_acquire("x", ttl=30) is None


async def test_a_lease_survives_an_outage_shorter_than_its_time(
    new_stores: NewStores, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]]
) -> None:
    proxy = await proxy_to(redis_url)
    locks = new_stores(proxy.url, reconnect_seconds=0).locks
    port = proxy.port
    async with locks.hold("x", ttl=3) as lease:
        await proxy.close()
        await asyncio.sleep(1.2)
        assert lease.remaining < 3 - 1.1  # it was not extended
        await proxy.start(port)
        async with asyncio.timeout(10):
            while lease.remaining < 2.5:
                assert not lease.lost.is_set()
                await asyncio.sleep(0.05)


async def test_a_lease_is_lost_in_time_when_the_store_stays_away(
    new_stores: NewStores, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]]
) -> None:
    proxy = await proxy_to(redis_url)
    locks = new_stores(proxy.url, reconnect_seconds=0).locks
    with pytest.raises(StoreError, match="'x' was lost"):
        async with locks.hold("x", ttl=0.6):
            proxy.is_black_hole = True
            begin = time.monotonic()
            await asyncio.sleep(30)
    assert time.monotonic() - begin < 5


async def test_every_key_has_an_end_unless_it_was_asked_for(new_stores: NewStores, redis_url: str) -> None:
    stores = new_stores(redis_url)
    await stores.key_values.set("a", b"1", ttl=60, tags=["s", "t"])
    await stores.key_values.set("b", b"1", ttl=None)
    await stores.key_values.add("c", b"1", ttl=60)
    await stores.key_values.increment("d", ttl=60)
    await stores.key_values.increment("d", ttl=60)
    await stores.key_values.compare_and_set("c", b"1", b"2", ttl=60)
    await stores.key_values.stamp("u")
    async with stores.locks.hold("x"), Redis.from_url(redis_url) as redis:
        endless = [key async for key in redis.scan_iter() if await redis.pttl(key) == -1]

    assert endless == [b"glueful:kv:b"]
