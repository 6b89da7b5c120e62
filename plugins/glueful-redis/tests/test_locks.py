"""Locks: one suite for both implementations."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from glueful_redis import KeyInvalid, Lease, LeaseLost, Locks, LockTaken

Advance = Callable[[float], Awaitable[None]]


async def test_a_lock_is_held_by_one_at_a_time(locks: Locks, world: Any) -> None:
    other: Locks = world.another().locks
    lease = await locks.acquire("import", ttl=30)
    assert await other.try_acquire("import", ttl=30) is None
    with pytest.raises(LockTaken, match="'import' is held by somebody else"):
        await other.acquire("import", ttl=30)
    assert await other.try_acquire("export", ttl=30) is not None

    await lease.release()

    assert await other.try_acquire("import", ttl=30) is not None


async def test_of_many_callers_in_two_processes_one_gets_it(locks: Locks, world: Any) -> None:
    other: Locks = world.another().locks
    got = await asyncio.gather(*[each.try_acquire("x", ttl=30) for _ in range(20) for each in (locks, other)])

    assert len([lease for lease in got if lease is not None]) == 1


async def test_a_lock_is_free_when_its_time_is_over(locks: Locks, world: Any, advance: Advance) -> None:
    other: Locks = world.another().locks
    first = await locks.acquire("import", ttl=10)
    await advance(9)
    assert first.remaining == pytest.approx(1)
    assert await other.try_acquire("import", ttl=10) is None
    await advance(1.001)
    assert first.remaining == 0

    second = await other.acquire("import", ttl=10)

    assert second.fence > first.fence
    with pytest.raises(LeaseLost, match="'import' was lost"):
        await first.extend(10)
    assert first.lost.is_set()
    await first.release()  # and not the other's
    assert await locks.try_acquire("import", ttl=10) is None


async def test_extending_counts_from_now(locks: Locks, world: Any, advance: Advance) -> None:
    lease = await locks.acquire("import", ttl=10)
    await advance(9)
    await lease.extend(20)
    await advance(19)
    assert lease.remaining == pytest.approx(1)
    assert await world.another().locks.try_acquire("import", ttl=10) is None


async def test_fences_increase_over_all_holders_also_when_the_store_lost_everything(
    locks: Locks, world: Any, advance: Advance
) -> None:
    fences = []
    for number in range(6):
        lease = await (locks, world.another().locks)[number % 2].acquire("x", ttl=5)
        fences.append(lease.fence)
        await (lease.release() if number % 3 else advance(5.001))
    assert fences == sorted(set(fences))

    if not world.is_embedded:
        await world.redis.flushall()
        assert (await locks.acquire("x", ttl=5)).fence > fences[-1]


async def test_who_waits_gets_it_when_it_is_released(locks: Locks, world: Any) -> None:
    other: Locks = world.another().locks
    other.monotonic = asyncio.get_running_loop().time
    lease = await locks.acquire("import", ttl=30)
    waiting = asyncio.create_task(other.acquire("import", ttl=30, wait=10))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    await lease.release()

    assert (await asyncio.wait_for(waiting, 5)).fence > lease.fence


async def test_the_body_of_hold_excludes_others_and_lets_go(locks: Locks, world: Any) -> None:
    other: Locks = world.another().locks
    async with locks.hold("import") as lease:
        assert lease.remaining > 0
        with pytest.raises(LockTaken):
            async with other.hold("import"):
                pytest.fail("both are in")
    with pytest.raises(ZeroDivisionError):
        async with other.hold("import"):
            raise ZeroDivisionError
    async with locks.hold("import"):
        pass


async def test_a_body_is_cancelled_when_the_lock_was_lost(world: Any) -> None:
    locks: Locks = world.another().locks
    locks.monotonic = asyncio.get_running_loop().time
    reached = []
    with pytest.raises(LeaseLost):
        async with locks.hold("import", ttl=0.3) as lease:
            await steal(world, "import")
            await asyncio.sleep(10)
            reached.append(lease)

    assert reached == []
    await asyncio.sleep(0)  # nothing of the cancellation is left
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_a_body_that_will_not_be_cancelled_is_told_afterwards(world: Any) -> None:
    locks: Locks = world.another().locks
    locks.monotonic = asyncio.get_running_loop().time
    with pytest.raises(LeaseLost):
        async with locks.hold("import", ttl=0.05, renew=False):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
    await asyncio.sleep(0)


async def test_a_cancellation_from_outside_stays_one(locks: Locks) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with locks.hold("import"):
            entered.set()
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await locks.try_acquire("import", ttl=1) is not None


async def steal(world: Any, name: str) -> None:
    """Somebody else holds the lock now, as after its time was over."""
    if world.is_embedded:
        stores = world.another()
        await stores.file.write(lambda connection, _: connection.execute("UPDATE locks SET token='other'") and None)
    else:
        for key in await world.redis.keys(f"*lock:{{{name}}}"):
            await world.redis.set(key, b"other:1", px=60_000)


async def test_a_renewed_lock_outlives_its_time(world: Any) -> None:
    if world.is_embedded:
        import time

        world._opened[0].file._clock = time.time
    locks: Locks = world.locks
    locks.monotonic = asyncio.get_running_loop().time
    async with locks.hold("import", ttl=0.6) as lease:
        await asyncio.sleep(1)
        assert lease.remaining > 0
        assert not lease.lost.is_set()


async def test_one_process_leads_and_another_one_follows(world: Any) -> None:
    first: Locks = world.another().locks
    second: Locks = world.another().locks
    for each in (first, second):
        each.monotonic = asyncio.get_running_loop().time
    leaders: list[tuple[str, int]] = []
    changed = asyncio.Event()

    def work(name: str) -> Callable[[Lease], Awaitable[None]]:
        async def lead(lease: Lease) -> None:
            leaders.append((name, lease.fence))
            changed.set()
            await asyncio.sleep(60)

        return lead

    one = asyncio.create_task(first.lead("scheduler", work("one"), ttl=1.5))
    await asyncio.wait_for(changed.wait(), 20)
    two = asyncio.create_task(second.lead("scheduler", work("two"), ttl=1.5))
    await asyncio.sleep(0.1)
    assert [name for name, _ in leaders] == ["one"]

    changed.clear()
    one.cancel()
    await asyncio.wait_for(changed.wait(), 20)

    assert [name for name, _ in leaders] == ["one", "two"]
    assert leaders[1][1] > leaders[0][1]
    two.cancel()
    await asyncio.gather(one, two, return_exceptions=True)


async def test_the_work_of_a_leader_that_lost_its_lease_is_cancelled_and_begins_anew(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    locks: Locks = world.another().locks
    locks.monotonic = asyncio.get_running_loop().time
    fences: list[int] = []
    ended = []

    async def work(lease: Lease) -> None:
        fences.append(lease.fence)
        if len(fences) == 2:
            return
        await steal(world, "scheduler")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(lease.fence)
            await free(world)

    async with asyncio.timeout(20):
        await locks.lead("scheduler", work, ttl=0.4)

    assert len(fences) == 2
    assert ended == fences[:1]
    assert "leads 'scheduler' no more" in caplog.text


async def free(world: Any) -> None:
    if world.is_embedded:
        await world.another().file.write(lambda connection, _: connection.execute("DELETE FROM locks") and None)
    else:
        await world.redis.flushall()


async def test_an_error_of_a_leaders_work_is_its_callers(locks: Locks) -> None:
    async def work(_: Lease) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await locks.lead("scheduler", work)
    assert await locks.try_acquire("scheduler", ttl=1) is not None


@pytest.mark.parametrize("name", ["}", "{}", "a{b}c%", "x" * 900, "é 𝄞"])
async def test_any_text_names_a_lock(locks: Locks, name: str) -> None:
    lease = await locks.acquire(name, ttl=30)
    assert await locks.try_acquire(name, ttl=30) is None
    await lease.release()
    assert await locks.try_acquire(name, ttl=30) is not None


async def test_names_and_times_have_limits(locks: Locks) -> None:
    for name in ("", "x" * 1025):
        with pytest.raises(KeyInvalid):
            await locks.try_acquire(name, ttl=30)
    for ttl in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="time to live"):
            await locks.try_acquire("x", ttl=ttl)


async def test_clearing_the_keys_leaves_the_locks(locks: Locks, world: Any) -> None:
    await locks.acquire("import", ttl=30)
    await world.key_values.clear()
    assert await locks.try_acquire("import", ttl=30) is None
