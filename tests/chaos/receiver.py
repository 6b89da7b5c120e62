"""A receiver that answers 200, 500 and 429, too late, in part, or not at all; and keeps all that arrived."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import standardwebhooks

SLOWEST_SECONDS = 0.3
ANSWERS = {"200": 60, "slow": 8, "500": 10, "429": 1, "hangs": 3, "reset": 6, "late": 2, "cut": 10}
"""What a request gets, and how often, in percent. ``cut``: a success whose answer breaks off."""
HEADS = {
    "200": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "500": b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
    "429": b"HTTP/1.1 429 Wait\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
}


@dataclass
class Arrival:
    """One request."""

    number: int
    message_id: str
    body: bytes
    timestamp: int
    worker: str
    at: float
    answer: str
    acknowledged_at: float | None = None
    """When the whole of a 200 was written to a connection that was open."""


@dataclass
class Receiver:
    """Listens on one port; the path says which endpoint it is.

    Args:
        seed: the answers depend on it, on the number of the order, and on how often it came, and on nothing else.
        timeout_seconds: after which senders give up.
    """

    seed: int
    timeout_seconds: float
    arrivals: list[Arrival] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    last_seen: dict[str, float] = field(default_factory=dict)
    """When each worker sent something last."""
    unverified: int = 0
    keys: list[standardwebhooks.Webhook] = field(default_factory=list)
    port: int = 0
    _times: dict[int, int] = field(default_factory=dict)

    def trust(self, keys: Sequence[str]) -> None:
        """Verify with these keys, one an endpoint."""
        self.keys = [standardwebhooks.Webhook(key) for key in keys]

    def url(self, share: int) -> str:
        """Of an endpoint."""
        return f"http://127.0.0.1:{self.port}/{share}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in head[1:])}
                body = await reader.readexactly(int(headers["content-length"]))
                arrival = self._arrived(int(head[0].split("/")[1].split(" ")[0]), headers, body)
                if not await self._answer(arrival, reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _arrived(self, share: int, headers: dict[str, str], body: bytes) -> Arrival:
        try:
            self.keys[share].verify(body, headers)
        except standardwebhooks.WebhookVerificationError:
            self.unverified += 1
        number = int(msgspec.json.decode(body)["data"]["number"])
        self._times[number] = nth = self._times.get(number, 0) + 1
        chance = random.Random(f"{self.seed}/{number}/{nth}")
        (answer,) = chance.choices(list(ANSWERS), list(ANSWERS.values()))
        worker, now = headers["user-agent"], time.monotonic()
        self.last_seen[worker] = now
        arrival = Arrival(number, headers["webhook-id"], body, int(headers["webhook-timestamp"]), worker, now, answer)
        self.arrivals.append(arrival)
        return arrival

    async def _answer(self, arrival: Arrival, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer, and say whether the connection may be used again."""
        match arrival.answer:
            case "hangs":
                await reader.read()
                return False
            case "late":
                await asyncio.sleep(self.timeout_seconds * 1.2)
            case "slow":
                await asyncio.sleep(random.Random(arrival.number).uniform(0, SLOWEST_SECONDS))
            case "reset":
                writer.transport.abort()
                return False
            case "cut":
                writer.write(HEADS["200"][:20])
                await writer.drain()
                writer.transport.abort()
                return False
        if reader.at_eof() or writer.is_closing():
            return False
        head = HEADS.get(arrival.answer, HEADS["200"])
        writer.write(head)
        await writer.drain()
        if head is HEADS["200"] and not writer.transport.is_closing():
            arrival.acknowledged_at = time.monotonic()
            self.acknowledged.add(arrival.number)
        return True


@asynccontextmanager
async def receiving(seed: int, timeout_seconds: float) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(seed, timeout_seconds)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
