"""Messages: one suite for both implementations."""

import asyncio
from typing import Any

import pytest
from glueful_redis import Gap, KeyInvalid, Message, PubSub, Subscription, ValueTooLarge


async def take(subscription: Subscription, count: int) -> list[Any]:
    async with asyncio.timeout(10):
        return [await anext(subscription) for _ in range(count)]


def data(items: list[Any]) -> list[bytes]:
    return [item.data for item in items]


async def test_a_message_reaches_every_subscriber_in_every_process(pubsub: PubSub, world: Any) -> None:
    other: PubSub = world.another().pubsub
    async with (
        pubsub.subscribe("news", "sport") as first,
        pubsub.subscribe("news") as second,
        other.subscribe("news") as third,
    ):
        await pubsub.publish("news", b"1")
        await other.publish("news", b"\x00\xff")
        await pubsub.publish("sport", b"3")
        await pubsub.publish("elsewhere", b"4")

        assert sorted(data(await take(first, 3))) == sorted([b"1", b"\x00\xff", b"3"])
        assert sorted(data(await take(second, 2))) == sorted([b"1", b"\x00\xff"])
        assert sorted(data(await take(third, 2))) == sorted([b"1", b"\x00\xff"])


async def test_messages_of_one_publisher_arrive_in_order_and_once(pubsub: PubSub, world: Any) -> None:
    other: PubSub = world.another().pubsub
    async with pubsub.subscribe("news") as here, other.subscribe("news") as there:
        for number in range(300):
            await pubsub.publish("news", b"%d" % number)

        for subscription in (here, there):
            assert await take(subscription, 300) == [Message("news", b"%d" % number) for number in range(300)]


async def test_who_subscribes_hears_all_that_is_published_from_then_on(pubsub: PubSub, world: Any) -> None:
    other: PubSub = world.another().pubsub
    for number in range(20):
        await other.publish("news", b"before")
        async with pubsub.subscribe("news") as early:
            await other.publish("news", b"between")
            async with pubsub.subscribe("news") as late:
                await other.publish("news", b"%d" % number)
                # what was published a moment before may arrive, too
                assert data(await take(late, 1)) in ([b"%d" % number], [b"between"])
            assert data(await take(early, 2))[-1] == b"%d" % number


async def test_subscriptions_come_and_go(pubsub: PubSub) -> None:
    for number in range(3):
        async with pubsub.subscribe("news") as subscription, pubsub.subscribe("other"):
            await pubsub.publish("news", b"%d" % number)
            assert data(await take(subscription, 1)) == [b"%d" % number]
    async with pubsub.subscribe("other") as other:
        async with pubsub.subscribe("news"):
            pass
        async with pubsub.subscribe("news") as again:
            await pubsub.publish("news", b"x")
            await pubsub.publish("other", b"y")
            assert data(await take(again, 1)) == [b"x"]
            assert data(await take(other, 1)) == [b"y"]


async def test_many_subscribe_at_once(pubsub: PubSub) -> None:
    async def listen(number: int) -> bytes:
        async with pubsub.subscribe(f"channel{number % 7}") as subscription:
            ready.release()
            (item,) = await take(subscription, 1)
            return bytes(item.data)

    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(listen(number)) for number in range(60)]
    for _ in tasks:
        await asyncio.wait_for(ready.acquire(), 10)
    for number in range(7):
        await pubsub.publish(f"channel{number}", b"%d" % number)

    assert await asyncio.gather(*tasks) == [b"%d" % (number % 7) for number in range(60)]


async def test_a_slow_subscriber_is_told_of_what_it_missed(pubsub: PubSub) -> None:
    async with pubsub.subscribe("news", most_pending=10) as slow, pubsub.subscribe("news") as quick:
        for number in range(25):
            await pubsub.publish("news", b"%d" % number)
        await take(quick, 25)

        assert await take(slow, 1) == [Gap("slow")]
        last = int(data(await take(slow, 1))[0])
        assert data(await take(slow, 24 - last)) == [b"%d" % number for number in range(last + 1, 25)]


async def test_closing_ends_the_iteration_after_what_waits(pubsub: PubSub) -> None:
    async with pubsub.subscribe("news") as subscription:
        await pubsub.publish("news", b"1")
        (first,) = await take(subscription, 1)
        await pubsub.close()
        assert [first, *[item async for item in subscription]] == [Message("news", b"1")]


async def test_channels_and_messages_have_limits(world: Any) -> None:
    pubsub: PubSub = world.another(max_message_bytes=10).pubsub
    with pytest.raises(ValueTooLarge, match="more than 10"):
        await pubsub.publish("news", b"x" * 11)
    with pytest.raises(TypeError, match="a message is bytes, not str"):
        await pubsub.publish("news", "text")  # type: ignore[arg-type]
    for channel in ("", "x" * 1025):
        with pytest.raises(KeyInvalid):
            await pubsub.publish(channel, b"")
        with pytest.raises(KeyInvalid):
            pubsub.subscribe(channel)
    with pytest.raises(ValueError, match="name a channel"):
        pubsub.subscribe()


async def test_applications_share_a_store_and_no_channel(pubsub: PubSub, world: Any) -> None:
    other: PubSub = world.another(prefix="other").pubsub
    async with pubsub.subscribe("news") as subscription:
        await other.publish("news", b"theirs")
        await pubsub.publish("news", b"ours")
        assert data(await take(subscription, 1)) == [b"ours"]
