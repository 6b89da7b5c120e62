"""Locks with a time limit: held by one at a time, lost by who stalls, told to who holds."""

import asyncio
import logging
import random
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from .entries import name_bytes, whole_milliseconds
from .errors import LeaseLost, LockTaken, StoreError, StoreUnavailable

log = logging.getLogger("glueful.redis")

RENEWALS = 3
"""How many times within its time to live a lease is extended: two may fail."""
LONGEST_POLL_SECONDS = 1.0


class Lease:
    """A lock that is held until ``release``, or until its time is over.

    Attributes:
        name: of the lock.
        fence: greater than that of every earlier lease of this lock. Give it to what the lock protects, and let that
            refuse a smaller one than it has seen: a holder that was asleep for longer than its lease does not know it.
        lost: set as soon as it is known that the time is over.
    """

    def __init__(self, locks: "Locks", name: str, token: str, fence: int, expires_at: float) -> None:
        self._locks = locks
        self._token = token
        self._expires_at = expires_at
        self.name = name
        self.fence = fence
        self.lost = asyncio.Event()

    def __repr__(self) -> str:
        return f"Lease({self.name!r}, fence={self.fence})"

    @property
    def remaining(self) -> float:
        """Seconds for which it is surely held; counted from before it was asked for, by this process's own clock."""
        return 0.0 if self.lost.is_set() else max(0.0, self._expires_at - self._locks.monotonic())

    async def extend(self, ttl: float) -> None:
        """Hold it for ``ttl`` seconds from now.

        Raises:
            LeaseLost: the time was over.
            StoreUnavailable: the store was not reached; the lease is what it was, or extended.
        """
        began_at = self._locks.monotonic()
        if self.lost.is_set() or not await self._locks._extend(self.name, self._token, whole_milliseconds(ttl)):  # noqa: SLF001
            self.lost.set()
            raise LeaseLost(self.name)
        self._expires_at = began_at + ttl

    async def release(self) -> None:
        """Let others have it; nothing happens where it was lost before."""
        self.lost.set()
        await self._locks._release(self.name, self._token)  # noqa: SLF001


class Locks(ABC):
    """Locks by name, shared by the processes of an application.

    A lock is free again when its time is over, also when its holder was killed. Whoever waits, looks now and then;
    there is no queue.

    Args:
        poll_seconds: how often somebody who waits looks at first; then less often, at most once a second.
        monotonic: the clock of leases, in seconds.
    """

    def __init__(self, poll_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._poll_seconds = poll_seconds
        self.monotonic = monotonic

    async def try_acquire(self, name: str, *, ttl: float) -> Lease | None:
        """Take a lock if it is free.

        Args:
            name: 1 to 1,024 bytes.
            ttl: seconds until it is free again by itself.

        Raises:
            StoreUnavailable: the store was not reached; if the lock was taken, it is free after ``ttl``.
        """
        name_bytes("the name of a lock", name)
        began_at = self.monotonic()
        token = secrets.token_urlsafe(16)
        fence = await self._acquire(name, token, whole_milliseconds(ttl))
        return None if fence is None else Lease(self, name, token, fence, began_at + ttl)

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease:
        """Take a lock, waiting for it if need be.

        Args:
            name: 1 to 1,024 bytes.
            ttl: seconds until it is free again by itself.
            wait: how long to wait, in seconds.

        Raises:
            LockTaken: somebody else held it all that time.
            StoreUnavailable: the store was not reached.
        """
        deadline = self.monotonic() + wait
        pause = self._poll_seconds
        while (lease := await self.try_acquire(name, ttl=ttl)) is None:
            left = deadline - self.monotonic()
            if left <= 0:
                raise LockTaken(name)
            await asyncio.sleep(min(left, pause * random.uniform(0.5, 1.5)))  # noqa: S311 - jitter
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
        return lease

    @asynccontextmanager
    async def hold(self, name: str, *, ttl: float = 30.0, wait: float = 0, renew: bool = True) -> AsyncIterator[Lease]:
        """``async with locks.hold("import") as lease:`` the body runs while the lock is held.

        Args:
            name: 1 to 1,024 bytes.
            ttl: seconds until the lock is free again when this process dies.
            wait: how long to wait for it, in seconds.
            renew: extend it three times within ``ttl``. False: the body has ``ttl`` seconds.

        Raises:
            LockTaken: somebody else held it for ``wait`` seconds.
            LeaseLost: it was lost, or its time was over: the body was cancelled where it stood.
            StoreUnavailable: the store was not reached when the lock was to be taken.
        """
        lease = await self.acquire(name, ttl=ttl, wait=wait)
        body = asyncio.current_task()
        assert body is not None  # noqa: S101 - a coroutine runs in a task
        was_lost = False

        async def watch() -> None:
            nonlocal was_lost
            await self._keep(lease, ttl, renew=renew)
            was_lost = True
            body.cancel()

        cancelling = body.cancelling()
        watching = asyncio.create_task(watch())
        try:
            yield lease
        except asyncio.CancelledError:
            if was_lost and body.uncancel() <= cancelling:
                raise LeaseLost(name) from None
            raise
        except BaseException:
            if was_lost:
                body.uncancel()
            raise
        else:
            if was_lost:  # the body would not be cancelled
                body.uncancel()
                raise LeaseLost(name)
        finally:
            watching.cancel()
            if not was_lost:
                await self._let_go(lease)

    async def lead(self, name: str, work: Callable[[Lease], Awaitable[None]], *, ttl: float = 15.0) -> None:
        """Run ``work`` in one process at a time, as long as this task is not cancelled.

        Every process calls this. One becomes the leader and runs ``work(lease)``; when it dies or loses the lease, its
        work is cancelled and another one begins within about ``ttl`` seconds. It ends when ``work`` ends by itself,
        with its error if it has one. What happens to the lease and the store is logged once, not at each attempt.

        Args:
            name: 1 to 1,024 bytes.
            work: gets the lease; its ``fence`` tells leaders apart.
            ttl: seconds after which a leader that died has a successor.
        """
        is_reached = True
        while True:
            try:
                lease = await self.try_acquire(name, ttl=ttl)
                if not is_reached:
                    log.info("the lock %r can be asked for again", name)
                is_reached = True
            except StoreUnavailable as error:
                if is_reached:
                    log.warning("nobody can become leader of %r: %s", name, error)
                is_reached, lease = False, None
            if lease is None:
                await asyncio.sleep(ttl / RENEWALS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                continue
            log.info("this process leads %r, fence %d", name, lease.fence)
            if await self._lead_once(lease, work, ttl):
                return
            log.warning("this process leads %r no more: the lease was lost", name)

    async def _lead_once(self, lease: Lease, work: Callable[[Lease], Awaitable[None]], ttl: float) -> bool:
        working = asyncio.ensure_future(work(lease))
        keeping = asyncio.create_task(self._keep(lease, ttl, renew=True))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
            is_done = working.done()
        finally:
            for task in (working, keeping):
                task.cancel()
            await asyncio.wait({working, keeping})
            if not lease.lost.is_set():
                await self._let_go(lease)
        if is_done or (not working.cancelled() and working.exception() is not None):
            working.result()
        return is_done

    async def _keep(self, lease: Lease, ttl: float, *, renew: bool) -> None:
        """Extend a lease until it is lost; a store that is away may come back before the time is over."""
        pause = ttl / RENEWALS if renew else ttl
        while lease.remaining > 0:
            await asyncio.sleep(min(pause, lease.remaining))
            if not renew:
                continue
            pause = ttl / RENEWALS
            try:
                async with asyncio.timeout(max(lease.remaining, 0.001)):
                    await lease.extend(ttl)
            except LeaseLost:
                break
            except (StoreError, TimeoutError):
                pause = min(pause, max(lease.remaining / 4, 0.01))
        lease.lost.set()

    async def _let_go(self, lease: Lease) -> None:
        try:
            await lease.release()
        except StoreError as error:
            log.warning("the lock %r was not released, and is free when its time is over: %s", lease.name, error)

    @abstractmethod
    async def _acquire(self, name: str, token: str, milliseconds: int) -> int | None:
        """Take it and return its fence; also when this token has it already. None: it is taken."""

    @abstractmethod
    async def _extend(self, name: str, token: str, milliseconds: int) -> bool: ...

    @abstractmethod
    async def _release(self, name: str, token: str) -> None: ...
