"""The fair pool."""

import asyncio
from collections import deque

import pytest
from glueful_orm.engines.pool import FairPool
from glueful_orm.errors import PoolTimeout
from hypothesis import given, settings
from hypothesis import strategies as st


async def test_waiters_are_served_in_the_order_of_their_arrival() -> None:
    pool = FairPool("things", ["only"])
    order: list[int] = []
    held = await pool.take(None)

    async def user(number: int) -> None:
        item = await pool.take(None)
        order.append(number)
        pool.give(item)

    tasks = [asyncio.create_task(user(number)) for number in range(20)]
    await asyncio.sleep(0)
    pool.give(held)
    await asyncio.gather(*tasks)

    assert order == list(range(20))


async def test_whoever_gives_an_item_back_does_not_get_it_again_before_those_who_wait() -> None:
    pool = FairPool("things", ["only"])
    order: list[str] = []

    async def greedy() -> None:
        for _ in range(3):
            item = await pool.take(None)
            order.append("greedy")
            await asyncio.sleep(0)
            pool.give(item)

    async def patient() -> None:
        item = await pool.take(None)
        order.append("patient")
        pool.give(item)

    await asyncio.gather(greedy(), patient())

    assert order == ["greedy", "patient", "greedy", "greedy"]


async def test_a_caller_that_waits_too_long_is_told_how_busy_the_pool_is() -> None:
    pool = FairPool("PostgreSQL connections", ["only"], "raise pool_size")
    held = await pool.take(None)
    other = asyncio.create_task(pool.take(None))
    await asyncio.sleep(0)

    with pytest.raises(PoolTimeout) as caught:
        await pool.take(0.01)

    assert (caught.value.size, caught.value.waiting, caught.value.waited_seconds) == (1, 1, 0.01)
    assert str(caught.value) == (
        "PostgreSQL connections: all 1 in use for 0.01 s, 1 other callers wait\n  fix: raise pool_size"
    )
    pool.give(held)
    assert await other == "only"


async def test_a_caller_cancelled_at_the_moment_it_is_served_passes_the_item_on() -> None:
    pool = FairPool("things", ["only"])
    held = await pool.take(None)
    cancelled = asyncio.create_task(pool.take(None))
    waiting = asyncio.create_task(pool.take(None))
    await asyncio.sleep(0)

    pool.give(held)
    cancelled.cancel()

    assert await waiting == "only"
    with pytest.raises(asyncio.CancelledError):
        await cancelled


@settings(max_examples=200, deadline=None)
@given(
    size=st.integers(1, 3), actions=st.lists(st.tuples(st.sampled_from(["take", "give", "cancel"]), st.integers(0, 9)))
)
def test_no_item_is_lost_or_lent_twice_whatever_happens(size: int, actions: list[tuple[str, int]]) -> None:
    async def scenario() -> None:
        pool = FairPool("things", range(size))
        waiting: deque[asyncio.Task[int]] = deque()
        lent: list[int] = []

        async def collect() -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for task in list(waiting):
                if task.done():
                    waiting.remove(task)
                    if not task.cancelled():
                        lent.append(task.result())

        for action, number in actions:
            if action == "take":
                waiting.append(asyncio.create_task(pool.take(None)))
            elif action == "give" and lent:
                pool.give(lent.pop(number % len(lent)))
            elif action == "cancel" and waiting:
                waiting[number % len(waiting)].cancel()
            if number % 2:  # otherwise several things happen before anybody runs
                await collect()
        await collect()

        assert sorted([*lent, *pool.free]) == list(range(size))
        assert not (waiting and pool.free), "somebody waits beside a free item"
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(scenario())
