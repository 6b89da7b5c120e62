"""A pool that is fair: what is given back goes straight to whoever has waited longest."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

from ..errors import PoolTimeout

T = TypeVar("T")


class FairPool(Generic[T]):
    """Lends items, first come, first served.

    ``asyncio.Queue`` wakes a waiter but lets the task that gave the item back take it again first, so that under load
    some callers wait for seconds while others do not wait at all. Here an item given back is handed over at once.

    Args:
        name: what messages call it, for example ``"PostgreSQL connections"``.
        items: what is lent.
        advice: what to do when none becomes free in time.
    """

    __slots__ = ("_advice", "_free", "_waiters", "name", "size")

    def __init__(self, name: str, items: Iterable[T], advice: str = "") -> None:
        self.name = name
        self._advice = advice
        self._free: list[T] = list(items)
        self._waiters: deque[asyncio.Future[T]] = deque()
        self.size = len(self._free)

    @property
    def free(self) -> tuple[T, ...]:
        """The items that nobody uses; the one used last stands last and is lent first."""
        return tuple(self._free)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return sum(not waiter.done() for waiter in self._waiters)

    def take_nowait(self) -> T | None:
        """An item, if one is free."""
        return self._free.pop() if self._free else None

    async def take(self, seconds: float | None) -> T:
        """An item; waits in line for one. A caller that is cancelled while waiting leaves nothing lent.

        Args:
            seconds: greatest wait; None to wait for ever.

        Raises:
            PoolTimeout: none became free in time.
        """
        if self._free:
            return self._free.pop()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(seconds, self._time_out, waiter, seconds) if seconds is not None else None
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _time_out(self, waiter: "asyncio.Future[T]", waited: float) -> None:
        if not waiter.done():
            self._waiters.remove(waiter)
            waiter.set_exception(
                PoolTimeout(self.name, waited_seconds=waited, size=self.size, waiting=self.waiting, advice=self._advice)
            )

    def give(self, item: T) -> None:
        """Give an item back. Never waits, so that it cannot be cancelled."""
        waiters = self._waiters
        while waiters:
            waiter = waiters.popleft()
            if not waiter.done():
                waiter.set_result(item)
                return
        self._free.append(item)

    async def take_all(self, seconds: float) -> list[T]:
        """Every item, as far as they come back in time; those that do stay lent.

        Args:
            seconds: for all together.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        taken: list[T] = []
        for _ in range(self.size):
            try:
                taken.append(await self.take(max(deadline - asyncio.get_running_loop().time(), 0)))
            except PoolTimeout:
                break
        return taken
