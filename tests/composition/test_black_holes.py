"""A network that swallows everything for a minute, and breaks no connection, before Redis and PostgreSQL at once.

One wait for both brokers and for the store of webhooks; timeouts are the defaults. The tests of each plugin have the same
for seconds.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_orm import connect
from glueful_queue import Broker, DatabaseQueue
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings

APP = """
import asyncio, os
from pathlib import Path
import msgspec
from glueful_kernel import create_app
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
"""
GLUEFUL = str(Path(sys.executable).parent / "glueful")
HOLE_SECONDS = 60.0
LEASE_SECONDS = 3.0
SWEEP_SECONDS = 1.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
IN_FLIGHT = "in flight"


class Receiver:
    """Acknowledges each request, the first of ``held`` only when it may; keeps what arrived."""

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
                if IN_FLIGHT.encode() in body:
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

    async def run(self, *arguments: str) -> None:
        process = await self._start(*arguments)
        assert await process.wait() == 0, self.log.read_text()

    async def start(self) -> None:
        self._process = await self._start("queue", "work")
        async with asyncio.timeout(30):
            while "working on" not in self.log.read_text():
                assert self._process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                GLUEFUL, *arguments, cwd=self._folder, env=self._variables, stdout=log, stderr=log
            )

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 30)

    def ran(self) -> Counter[str]:
        return Counter(self.effects.read_text().splitlines())

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def processor_seconds(self) -> float:
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


async def until(condition: Callable[[], Any], seconds: float) -> float:
    """Wait; how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def enqueue(broker: Broker, stage: str, *, webhooks: bool, delay: float = 0.0) -> list[str]:
    """Three jobs, by a process that the hole does not concern; with ``webhooks`` each sends one."""
    texts = [f"{stage} {number}" for number in range(3)]
    function = "tell" if webhooks else "note"
    due = time.time() + delay if delay else 0
    for text in texts:
        await broker.enqueue(function, key=text, retries=5, timeout=300, scheduled=int(due), text=text)
    return texts


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_black_hole_of_a_minute_before_redis_and_postgresql_is_noticed_spares_the_processor_and_loses_nothing(
    redis_url: str, postgres_url: str, proxy_to: Callable[..., Any], receiver: Receiver, tmp_path: Path
) -> None:
    redis_proxy, postgres_proxy = await proxy_to(redis_url), await proxy_to(postgres_url)
    on_redis = Worker(tmp_path / "redis", GLUEFUL_REDIS__URL=redis_proxy.url)
    on_postgres = Worker(tmp_path / "postgres", GLUEFUL_ORM__URL=postgres_proxy.url)
    workers = [on_redis, on_postgres]
    clients = RedisClients(RedisSettings(url=Secret(redis_url)))
    try:
        await asyncio.gather(*(worker.run("db", "migrate") for worker in workers))
        await on_postgres.run("webhooks", "subscribe", "*", receiver.url)
        async with connect(postgres_url) as engine:
            brokers: list[Broker] = [
                RedisQueue(clients.shared, clients.shared, clients.prefix),
                DatabaseQueue(engine),
            ]
            await asyncio.gather(*(worker.start() for worker in workers))
            expected: list[list[str]] = [[], []]

            async def enqueued(stage: str, delay: float = 0.0) -> None:
                for index, broker in enumerate(brokers):
                    expected[index] += await enqueue(broker, stage, webhooks=index == 1, delay=delay)

            await enqueued("before")
            await until(lambda: all(worker.ran().total() >= 3 for worker in workers), 20)
            await until(lambda: len(receiver.arrived) >= 3, 20)
            for broker in brokers:
                await broker.enqueue("note", key=IN_FLIGHT, retries=5, timeout=300, text=IN_FLIGHT, seconds=3.0)
            await brokers[1].enqueue("tell", key="sent", retries=5, timeout=300, text=f"{IN_FLIGHT}, sent")
            await until(lambda: all(worker.ran()[IN_FLIGHT] for worker in workers), 20)
            await until(lambda: receiver.texts()[f"{IN_FLIGHT}, sent"], 20)
            await enqueued("due meanwhile", delay=5.0)

            redis_proxy.stall()
            postgres_proxy.stall()
            began = time.monotonic()
            receiver.may_answer.set()
            spent = [worker.processor_seconds() for worker in workers]
            said = [len(worker.lines()) for worker in workers]
            await enqueued("meanwhile")
            noticed = await asyncio.gather(
                *(
                    until(lambda i=i, w=w: any("cannot claim" in line for line in w.lines()[said[i] :]), HOLE_SECONDS)
                    for i, w in enumerate(workers)
                )
            )
            await asyncio.sleep(HOLE_SECONDS - (time.monotonic() - began))
            seconds = time.monotonic() - began
            spent = [worker.processor_seconds() - before for worker, before in zip(workers, spent, strict=True)]
            said = [len(worker.lines()) - before for worker, before in zip(workers, said, strict=True)]
            swallowed = [worker.ran() for worker in workers]
            redis_proxy.resume()
            postgres_proxy.resume()

            resumed = time.monotonic()
            recovered = []
            for worker, texts in zip(workers, expected, strict=True):
                await until(lambda w=worker, t=texts: w.ran().keys() >= set(t), 60)
                recovered.append(time.monotonic() - resumed)
            await until(lambda: receiver.texts().keys() >= set(expected[1]), 60)
            await until_done(brokers)
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))
        await clients.close()

    print(f"noticed {noticed}, spent {spent} in {seconds}, said {said}, recovered {recovered}")
    print(on_redis.log.read_text())
    print(on_postgres.log.read_text())
    print(on_redis.ran(), on_postgres.ran(), receiver.texts())
    assert noticed[0] < 10, "Redis: an answer is due within 2 seconds, that of a blocking command within 5.5"
    assert noticed[1] < 40, "PostgreSQL: a statement may take 30 seconds, and its answer 5 more"
    assert [ran.keys() & {"meanwhile 0", "due meanwhile 0"} for ran in swallowed] == [set(), set()]
    assert max(spent) / seconds < 0.05
    assert max(said) / seconds < 10
    for worker, texts in zip(workers, expected, strict=True):
        ran = worker.ran()
        assert {text: ran[text] for text in texts} == dict.fromkeys(texts, 1), "once: none was under way"
        assert ran[IN_FLIGHT] in (1, 2)
        assert ran.keys() - set(texts) - {IN_FLIGHT, f"{IN_FLIGHT}, sent"} == set()
    arrived = receiver.texts()
    assert {text: arrived[text] for text in expected[1]} == dict.fromkeys(expected[1], 1)
    assert len(set(receiver.arrived)) == len(expected[1]) + 1, "what is sent again has the same id and the same bytes"


async def until_done(brokers: list[Broker]) -> None:
    """Wait until nothing is claimed or waits."""
    async with asyncio.timeout(60):
        for broker in brokers:
            while await broker.count("incomplete"):
                await asyncio.sleep(0.05)
