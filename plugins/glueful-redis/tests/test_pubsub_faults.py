"""Subscriptions outlive what happens to the server, and say that messages may be missing."""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_kernel.testing import Proxy, RedisServer
from glueful_redis import Gap, Message, RedisClients, RedisSettings, StoreUnavailable, Subscription
from glueful_redis.server.pubsub import PING_SECONDS
from glueful_redis.stores import Stores
from redis.asyncio import Redis

Listener = Callable[..., Stores]


@pytest.fixture
async def listener() -> Any:
    """``listener(url)``: the stores of an application."""
    opened = []

    def new(url: str, **settings: Any) -> Stores:
        full = RedisSettings(url=Secret(url), timeout_seconds=0.5, connect_timeout_seconds=0.5, **settings)
        clients = RedisClients(full)
        stores = Stores(full, clients)
        opened.append((stores, clients))
        return stores

    yield new
    for stores, clients in opened:
        await stores.close()
        await clients.close()


async def hears_again(subscription: Subscription, publisher: Stores, seconds: float = 5.0) -> list[Any]:
    """Publish until a message arrives; everything that arrived."""
    items: list[Any] = []
    async with asyncio.timeout(seconds):
        while not (items and isinstance(items[-1], Message)):
            try:
                await publisher.pubsub.publish("news", b"again")
            except StoreUnavailable:
                await asyncio.sleep(0.02)
                continue
            try:
                async with asyncio.timeout(0.1):
                    items.append(await anext(subscription))
            except TimeoutError:
                continue
    return items


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_after_a_restart_messages_arrive_within_five_seconds(
    listener: Listener, faulty_server: RedisServer, faulty_url: str, how: signal.Signals
) -> None:
    stores = listener(faulty_url)
    async with stores.pubsub.subscribe("news") as subscription, stores.pubsub.subscribe("other") as other:
        faulty_server.stop(how)
        await asyncio.sleep(0.3)
        faulty_server.start()

        items = await hears_again(subscription, stores)

        assert items[0] == Gap("reconnected")
        assert await asyncio.wait_for(anext(other), 10) == Gap("reconnected")


async def test_after_a_killed_connection_messages_arrive(listener: Listener, redis_url: str) -> None:
    stores = listener(redis_url)
    async with stores.pubsub.subscribe("news") as subscription, Redis.from_url(redis_url) as redis:
        await redis.client_kill_filter(_type="pubsub")

        assert (await hears_again(subscription, stores))[0] == Gap("reconnected")


async def test_a_black_hole_is_noticed(
    listener: Listener, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]]
) -> None:
    proxy = await proxy_to(redis_url)
    stores, publisher = listener(proxy.url), listener(redis_url)
    async with stores.pubsub.subscribe("news") as subscription:
        proxy.forget_all()
        begin = time.monotonic()

        items = await hears_again(subscription, publisher, 4 * PING_SECONDS)

        assert items[0] == Gap("reconnected")
        assert time.monotonic() - begin < 2 * PING_SECONDS + 3


async def test_a_quiet_subscription_stays(listener: Listener, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glueful_redis.server.pubsub.PING_SECONDS", 0.05)
    stores = listener(redis_url)
    async with stores.pubsub.subscribe("news") as subscription:
        await asyncio.sleep(0.5)
        await stores.pubsub.publish("news", b"1")
        assert await asyncio.wait_for(anext(subscription), 10) == Message("news", b"1")


async def test_who_subscribes_while_the_server_is_away_begins_with_a_gap(
    listener: Listener, redis_url: str, proxy_to: Callable[[str], Awaitable[Proxy]]
) -> None:
    proxy = await proxy_to(redis_url)
    stores, publisher = listener(proxy.url), listener(redis_url)
    port = proxy.port
    await proxy.close()
    begin = time.monotonic()
    async with stores.pubsub.subscribe("news") as subscription:
        assert time.monotonic() - begin < 2
        await proxy.start(port)

        items = await hears_again(subscription, publisher)

    assert items[0] == Gap("reconnected")


async def test_while_the_server_is_away_the_processor_and_the_log_are_spared(
    listener: Listener,
    redis_url: str,
    proxy_to: Callable[[str], Awaitable[Proxy]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "glueful")
    proxy = await proxy_to(redis_url)
    stores, publisher = listener(proxy.url), listener(redis_url)
    port = proxy.port
    async with stores.pubsub.subscribe("news") as subscription:
        await proxy.close()
        begin, processor = time.monotonic(), time.process_time()
        await asyncio.sleep(2)
        share = (time.process_time() - processor) / (time.monotonic() - begin)
        await proxy.start(port)
        await hears_again(subscription, publisher)

    assert share < 0.05
    texts = [record.getMessage() for record in caplog.records]
    assert [text.partition(" from ")[0] for text in texts] == ["no messages arrive", "messages arrive"], texts


async def test_a_stranger_on_the_channel_does_not_end_a_subscription(listener: Listener, redis_url: str) -> None:
    stores = listener(redis_url)
    async with stores.pubsub.subscribe("news") as subscription, Redis.from_url(redis_url) as redis:
        await redis.publish("glueful:channel:news", b"\xff\xfe")
        assert await asyncio.wait_for(anext(subscription), 10) == Message("news", b"\xff\xfe")
