"""From names to addresses, in threads of its own."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Protocol

from .addresses import Address

THREADS = 16


class Resolver(Protocol):
    """Says which addresses a name has."""

    async def __call__(self, host: str) -> Sequence[Address]:
        """All addresses, best first; none for a name that does not exist."""
        ...


class SystemResolver:
    """Asks the operating system.

    A name server that is slow for one name holds up threads of this object only, not those that others need.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="glueful-dns")

    async def __call__(self, host: str) -> Sequence[Address]:
        """All addresses of a name; a zone of an IPv6 address stays in it."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _ask, host)
        except OSError:
            return ()
        return [ip_address(text) for text in dict.fromkeys(found)]

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]
