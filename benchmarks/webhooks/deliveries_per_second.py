"""Deliveries per second to a local receiver, beside a bare loop of the same HTTP client.

    python benchmarks/webhooks/deliveries_per_second.py [NUMBER] [sqlite | postgres | URL]

The receiver is a process of its own. In turns of 1,000: requests of the bare client, and deliveries (relayed, claimed,
signed, sent, stored). Prints both per second, the median of their ratios, also of the processor time of this process
alone (which others on the machine disturb less), and the memory of the process.
"""

import asyncio
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import svcs
from glueful_hookspecs import Secret
from glueful_http import HttpClient, HttpSettings
from glueful_http.plugin import HttpPlugin
from glueful_kernel import create_app
from glueful_kernel.testing import PostgresServer
from glueful_orm import Migrator, OrmSettings, transaction
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhook, Webhooks, WebhookSettings, webhook_event
from glueful_webhooks.plugin import WebhooksPlugin

ROUND = 1_000
CONCURRENCY = int(os.environ.get("CONCURRENCY", "20"))


@webhook_event("bench.event")
class BenchEvent(msgspec.Struct):
    """Something."""

    number: int
    text: str = "x" * 200


async def answer(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def receive(pipe):
    async def serve():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def bare(client, url, number):
    body = msgspec.json.encode(BenchEvent(1))
    left = iter(range(number))

    async def loop():
        for _ in left:
            await client.request("POST", url, content=body, headers={"content-type": "application/json"})

    wall, processor = used()
    await asyncio.gather(*(loop() for _ in range(CONCURRENCY)))
    return number / (used()[0] - wall), number / (used()[1] - processor)


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def used():
    """Seconds of wall clock and of this process's processor time."""
    return time.perf_counter(), time.process_time()


async def deliver(webhooks, number):
    for start in range(0, number, 500):
        async with transaction():
            for index in range(start, min(start + 500, number)):
                await Webhook.dispatch(BenchEvent(index))
    wall, processor = used()
    attempted = await webhooks.worker.drain()
    if attempted != number:
        raise RuntimeError(f"{attempted} of {number} were attempted")
    return number / (used()[0] - wall), number / (used()[1] - processor)


async def measure(number, url, port):
    target = f"http://127.0.0.1:{port}/"
    app = create_app(
        plugins=[
            OrmPlugin(OrmSettings(url=Secret(url))),
            HttpPlugin(HttpSettings(allow_localhost=True)),
            WebhooksPlugin(
                WebhookSettings(run_worker=False, concurrency=CONCURRENCY, endpoint_concurrency=CONCURRENCY)
            ),
        ],
        only=["orm", "http", "webhooks"],
        settings={"kernel": {"environment": "development"}},
    )
    rounds = []
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        webhooks, client = await services.aget(Webhooks), await services.aget(HttpClient)
        await Webhook.subscribe("*", target)
        await bare(client, target, ROUND)
        await deliver(webhooks, ROUND)
        print("   round   bare/s   delivered/s   ratio   of processor time   resident MB")
        for start in range(0, number, ROUND):
            plain, delivered = await bare(client, target, ROUND), await deliver(webhooks, ROUND)
            ratio, work = delivered[0] / plain[0], delivered[1] / plain[1]
            rounds.append((plain[0], delivered[0], ratio, work, resident_mb()))
            print("{:8,} {:8,.0f} {:13,.0f} {:7.2f} {:19.2f} {:13.1f}".format(start + ROUND, *rounds[-1]), flush=True)
    middle = [statistics.median(column) for column in zip(*rounds, strict=True)]
    print("median: bare {:,.0f}/s, delivered {:,.0f}/s, ratio {:.2f}, of processor time {:.2f}".format(*middle))
    first, last = rounds[0][-1], rounds[-1][-1]
    print(f"memory: {first:.1f} MB after {ROUND:,}, {last:.1f} MB after {len(rounds) * ROUND:,} deliveries")


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    database = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receive, args=(there,), daemon=True)
    process.start()
    server = PostgresServer() if database == "postgres" else None
    with tempfile.TemporaryDirectory() as folder:
        file = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        url = server.url if server else file if database == "sqlite" else database
        asyncio.run(measure(number, url, here.recv()))
    process.terminate()
    if server:
        server.close()


if __name__ == "__main__":
    main()
