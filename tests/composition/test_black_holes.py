"""A network that swallows everything for a minute, and breaks no connection, before Redis and PostgreSQL at once.

One wait for both brokers and for the store of webhooks; timeouts are the defaults. The tests of the plugins have the
same for seconds.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_orm import DatabaseError
from glueful_orm.engines import engine_from_url
from glueful_queue import Broker, DatabaseQueue
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings
from redis.exceptions import RedisError

APP = """
import asyncio, os, sys
from pathlib import Path
import msgspec, svcs
from glueful_kernel import create_app
from glueful_orm import Migrator
from glueful_queue import job
from glueful_webhooks import Webhook, webhook_event

@webhook_event("note.taken")
class NoteTaken(msgspec.Struct):
    "Somebody took a note."
    text: str

def append(line: str) -> None:
    with Path(os.environ["EFFECTS"]).open("a") as lines:
        lines.write(line + "\\n")

@job(name="note", backoff=0.1)
async def note(text: str, seconds: float = 0.0) -> None:
    append(text)
    await asyncio.sleep(seconds)

@job(name="tell", backoff=0.1)
async def tell(text: str) -> None:
    await Webhook.dispatch(NoteTaken(text))
    append(text)

app = create_app([], only=["orm", "http", "webhooks", "queue", "redis"])

async def prepare(url: str) -> None:
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        await Webhook.subscribe("*", url)

if __name__ == "__main__":
    asyncio.run(prepare(sys.argv[1]))
"""
GLUEFUL = str(Path(sys.executable).parent / "glueful")
HOLE_SECONDS = 60.0
LEASE_SECONDS = 2.0
SWEEP_SECONDS = 0.5
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
IN_FLIGHT, SENT = "in flight", "sent"


class Receiver:
    """Acknowledges each request, one only when it may; keeps what arrived."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self.may_answer = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                body = await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                self.arrived.append((head.split(b"webhook-id: ")[1].split(b"\r\n")[0].decode(), body))
                if json.loads(body)["data"]["text"] == SENT:
                    await self.may_answer.wait()
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def texts(self) -> Counter[str]:
        return Counter(json.loads(body)["data"]["text"] for _, body in self.arrived)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    yield found
    server.close()


class Worker:
    """``glueful queue work`` behind the proxies, what its jobs did, and what it costs."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        self.effects, self.log = folder / "effects", folder / "log"
        self.effects.touch()
        self._variables = {
            "PATH": os.environ["PATH"],
            "EFFECTS": str(self.effects),
            "GLUEFUL_KERNEL__ENVIRONMENT": "development",
            "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
            "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": json.dumps(["k" * 32]),
            "GLUEFUL_QUEUE__LEASE_SECONDS": str(LEASE_SECONDS),
            "GLUEFUL_QUEUE__SWEEP_SECONDS": str(SWEEP_SECONDS),
            **variables,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, receiver_url: str) -> None:
        """Make the tables and an endpoint, and work."""
        process = await self._start(sys.executable, "app.py", receiver_url)
        assert await process.wait() == 0, self.log.read_text()
        self._process = await self._start(GLUEFUL, "queue", "work")
        async with asyncio.timeout(30):
            while "working on" not in self.log.read_text():
                assert self._process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def _start(self, *command: str) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command, cwd=self._folder, env=self._variables, stdout=log, stderr=log
            )

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 30)

    def ran(self) -> Counter[str]:
        return Counter(self.effects.read_text().splitlines())

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def says(self, words: str) -> bool:
        return words in self.log.read_text()

    def processor_seconds(self) -> float:
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


async def until(condition: Callable[[], Any], seconds: float) -> float:
    """Wait; how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def enqueue(broker: Broker, stage: str, function: str, delay: float = 0.0) -> list[str]:
    """Three jobs, by a process that the hole does not concern."""
    texts = [f"{stage} {number}" for number in range(3)]
    due = int(time.time() + delay) if delay else 0
    for text in texts:
        await broker.enqueue(function, key=text, retries=5, timeout=300, scheduled=due, text=text)
    return texts


async def refused(broker: Broker) -> float:
    """How long it takes until somebody in the hole learns that his job was not enqueued."""
    began = time.monotonic()
    with pytest.raises((RedisError, DatabaseError)):
        await broker.enqueue("note", key="refused", text="refused")
    return time.monotonic() - began


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_black_hole_of_a_minute_before_redis_and_postgresql_is_noticed_spares_the_processor_and_loses_nothing(
    redis_url: str, postgres_url: str, proxy_to: Callable[..., Any], receiver: Receiver, tmp_path: Path
) -> None:
    proxies = [await proxy_to(redis_url), await proxy_to(postgres_url)]
    workers = [
        Worker(tmp_path / "redis", GLUEFUL_REDIS__URL=proxies[0].url),
        Worker(tmp_path / "postgres", GLUEFUL_ORM__URL=proxies[1].url),
    ]
    functions = ["note", "tell"]
    expected: list[list[str]] = [[], []]

    async with AsyncExitStack() as stack:
        for worker in workers:
            stack.push_async_callback(worker.stop)
        clients, lost = (RedisClients(RedisSettings(url=Secret(url))) for url in (redis_url, proxies[0].url))
        for one in (clients, lost):
            stack.push_async_callback(one.close)
        engines = [engine_from_url(url) for url in (postgres_url, proxies[1].url)]
        for engine in engines:
            await engine.open()
            stack.push_async_callback(engine.close)
        brokers: list[Broker] = [
            RedisQueue(clients.shared, clients.shared, clients.prefix),
            DatabaseQueue(engines[0]),
        ]
        cut_off = [RedisQueue(lost.shared, lost.shared, lost.prefix), DatabaseQueue(engines[1])]

        async def enqueued(stage: str, delay: float = 0.0) -> None:
            for broker, function, texts in zip(brokers, functions, expected, strict=True):
                texts.extend(await enqueue(broker, stage, function, delay))

        await asyncio.gather(*(worker.start(receiver.url) for worker in workers))
        await enqueued("before")
        for broker, function in zip(brokers, functions, strict=True):
            await broker.enqueue("note", key=IN_FLIGHT, retries=5, timeout=300, text=IN_FLIGHT, seconds=3.0)
            await broker.enqueue(function, key=SENT, retries=5, timeout=300, text=SENT)
        started = {*expected[1], IN_FLIGHT, SENT}
        await until(lambda: all(worker.ran().keys() >= started for worker in workers), 20)
        await until(lambda: receiver.texts().keys() >= {*expected[1], SENT}, 20)
        await asyncio.gather(*(one.waiting() for one in cut_off))
        await enqueued("due meanwhile", delay=5.0)

        for proxy in proxies:
            proxy.stall()
        began = time.monotonic()
        receiver.may_answer.set()
        spent = [worker.processor_seconds() for worker in workers]
        said = [len(worker.lines()) for worker in workers]
        refusing = [asyncio.create_task(refused(one)) for one in cut_off]
        await enqueued("meanwhile")
        noticed = await asyncio.gather(
            *(until(partial(worker.says, "cannot claim"), HOLE_SECONDS) for worker in workers), *refusing
        )
        await asyncio.sleep(HOLE_SECONDS - (time.monotonic() - began))
        seconds = time.monotonic() - began
        spent = [worker.processor_seconds() - before for worker, before in zip(workers, spent, strict=True)]
        said = [len(worker.lines()) - before for worker, before in zip(workers, said, strict=True)]
        swallowed = [worker.ran().keys() for worker in workers]
        for proxy in proxies:
            proxy.resume()
        resumed = time.monotonic()
        for broker in brokers:
            while await broker.count("incomplete"):
                await asyncio.sleep(0.05)
                assert time.monotonic() - resumed < 60
        await until(lambda: receiver.texts().keys() >= {*expected[1], SENT}, 60)
        recovered = time.monotonic() - resumed

    assert max(noticed[0], noticed[2]) < 10, (
        "Redis: an answer is due within 2 seconds, of a blocking command within 5.5"
    )
    assert max(noticed[1], noticed[3]) < 40, "PostgreSQL: a statement may take 30 seconds, and its answer 5 more"
    assert [sum("meanwhile" in text for text in texts) for texts in swallowed] == [0, 0]
    assert max(spent) / seconds < 0.05
    assert max(said) / seconds < 10
    assert recovered < LEASE_SECONDS + SWEEP_SECONDS + 10
    for worker, texts in zip(workers, expected, strict=True):
        ran = worker.ran()
        assert {text: ran[text] for text in texts} == dict.fromkeys(texts, 1), "once: none was under way"
        assert ran[IN_FLIGHT] in (1, 2)
        # What was refused may have reached the broker all the same, when the network came back.
        assert ran.keys() - set(texts) - {IN_FLIGHT, SENT, "refused"} == set()
    arrived = receiver.texts()
    assert {text: arrived[text] for text in expected[1]} == dict.fromkeys(expected[1], 1)
    assert len(set(receiver.arrived)) == len(expected[1]) + 1, "what is sent again has the same id and the same bytes"
