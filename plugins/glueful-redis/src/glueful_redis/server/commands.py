"""Commands and scripts, with our errors for redis-py's."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterError,
    ConnectionError,  # noqa: A004 - redis-py's own
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    TimeoutError,  # noqa: A004 - redis-py's own
    TryAgainError,
)

from ..client import Client, ClusterClient, repeat
from ..clients import RedisClients
from ..errors import StoreError, StoreFull, StoreRefused, StoreUnavailable

REDIS_ERRORS = (RedisError, RedisClusterException, OSError)
PASSING = (
    ConnectionError,
    TimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    ClusterError,
    RedisClusterException,
    TryAgainError,
    OSError,
)


def translate(error: Exception, where: str) -> StoreError:
    """Our error for one of redis-py's."""
    if isinstance(error, OutOfMemoryError):
        return StoreFull(where)
    if isinstance(error, AuthenticationError | AuthorizationError):
        return StoreRefused(where, str(error))
    if isinstance(error, PASSING):
        return StoreUnavailable(where, f"{type(error).__name__}: {error}".rstrip(": "))
    return StoreRefused(where, str(error))


class Script:
    """A script that is sent by its hash, and in full to a server that does not know it, as after ``SCRIPT FLUSH``."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class Commands:
    """What the implementations send.

    Args:
        clients: of the application.
        where: the server, for errors.
    """

    def __init__(self, clients: RedisClients) -> None:
        self.clients = clients
        self.where = str(clients.address)

    @property
    def client(self) -> Client | ClusterClient:
        """The shared client."""
        return self.clients.shared

    async def run(self, *words: Any, repeatable: bool = False) -> Any:
        """The answer to one command.

        Args:
            words: the command.
            repeatable: whether it may be done twice; what is known to be so need not be told.
        """
        try:
            return await self.client.execute_command(*words, repeatable=repeatable)
        except REDIS_ERRORS as error:
            raise translate(error, self.where) from error

    async def run_all(self, commands: Sequence[tuple[Any, ...]], *, repeatable: bool) -> list[Any]:
        """The answers to several commands that are sent together."""
        client = self.client

        async def send() -> list[Any]:
            pipeline = client.pipeline(transaction=False)
            for words in commands:
                pipeline.execute_command(*words)
            answers: list[Any] = await pipeline.execute()
            return answers

        try:
            answers: list[Any] = await repeat(send, patience_seconds=client.reconnect_seconds, is_repeatable=repeatable)
        except REDIS_ERRORS as error:
            raise translate(error, self.where) from error
        return answers

    async def script(self, script: Script, keys: Sequence[bytes], *args: Any, repeatable: bool = False) -> Any:
        """The answer of a script."""
        client = self.client
        try:
            try:
                return await client.execute_command(
                    "EVALSHA", script.sha, len(keys), *keys, *args, repeatable=repeatable
                )
            except NoScriptError:
                return await client.execute_command(
                    "EVAL", script.source, len(keys), *keys, *args, repeatable=repeatable
                )
        except REDIS_ERRORS as error:
            raise translate(error, self.where) from error

    async def scan(self, pattern: bytes, count: int) -> AsyncIterator[bytes]:
        """The names that match a pattern, on all nodes of a cluster; some may come twice."""
        try:
            async for name in self.client.scan_iter(match=pattern, count=count):
                yield name
        except REDIS_ERRORS as error:
            raise translate(error, self.where) from error
