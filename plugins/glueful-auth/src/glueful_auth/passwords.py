"""Passwords: argon2id (RFC 9106), off the event loop, with as much work for an unknown user as for a known one."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import NamedTuple, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from .errors import HashingBusy, PasswordTooLong

MAXIMUM_PASSWORD_BYTES = 1_024
MEMORY_KIB = 19 * 1_024
PASSES = 2

T = TypeVar("T")


class PasswordCheck(NamedTuple):
    """The outcome of a check."""

    is_valid: bool
    new_hash: str | None
    """To be stored instead: the old one was made with weaker parameters."""

    def __bool__(self) -> bool:
        return self.is_valid


class Passwords:
    """Hashes and checks passwords; a service.

    Args:
        threads: hashed at one time; 0 for one a processor.
        queue: that may wait; beyond it ``HashingBusy``.
    """

    def __init__(self, threads: int = 0, queue: int = 100) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._queue = queue
        self._pending = 0
        self._hasher = PasswordHash([Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)])

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="glueful-auth")

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hasher.hash("nobody")

    async def hash(self, password: str) -> str:
        """Hash a password with a new salt; parameters stand in the hash.

        Raises:
            PasswordTooLong: more than 1,024 bytes of UTF-8.
            HashingBusy: too many are waiting.
        """
        if _is_too_long(password):
            raise PasswordTooLong(MAXIMUM_PASSWORD_BYTES)
        return await self._run(partial(self._hasher.hash, password))

    async def verify(self, password: str, stored: str | None) -> PasswordCheck:
        """Check a password in the same time whether or not there is a hash.

        Args:
            password: as it was given.
            stored: the hash; None for a user who does not exist or has no password.

        Raises:
            HashingBusy: too many are waiting.
        """
        return await self._run(partial(self._verify, password, stored))

    def _verify(self, password: str, stored: str | None) -> PasswordCheck:
        is_possible = stored is not None and not _is_too_long(password)
        try:
            is_valid, new_hash = self._hasher.verify_and_update(
                password if is_possible else "somebody", stored if is_possible and stored else self._nobodys_hash
            )
        except UnknownHashError:
            return PasswordCheck(is_valid=False, new_hash=None)
        return PasswordCheck(is_possible and is_valid, new_hash if is_possible and is_valid else None)

    async def _run(self, work: "partial[T]") -> T:
        if self._pending >= self._threads + self._queue:
            raise HashingBusy
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Stop the threads."""
        if "_pool" in self.__dict__:
            self._pool.shutdown()
            del self.__dict__["_pool"]


def _is_too_long(password: str) -> bool:
    return len(password.encode("utf-8", "surrogatepass")) > MAXIMUM_PASSWORD_BYTES
