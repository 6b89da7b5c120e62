"""Deliveries per second to a local receiver, beside a bare loop of the same HTTP client.

    python benchmarks/webhooks/deliveries_per_second.py [NUMBER] [DATABASE_URL]

The receiver is a process of its own. Prints requests per second of the bare client, dispatches and deliveries per
second, their ratio, and the growth of memory over the deliveries.
"""

import asyncio
import multiprocessing
import os
import resource
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
from glueful_orm import Migrator, OrmSettings
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhook, Webhooks, WebhookSettings, webhook_event
from glueful_webhooks.plugin import WebhooksPlugin

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

    started = time.perf_counter()
    await asyncio.gather(*(loop() for _ in range(CONCURRENCY)))
    return number / (time.perf_counter() - started)


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
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        webhooks, client = await services.aget(Webhooks), await services.aget(HttpClient)
        await bare(client, target, 200)
        plain = await bare(client, target, min(number, 5_000))
        await Webhook.subscribe("*", target)
        started = time.perf_counter()
        for index in range(number):
            await Webhook.dispatch(BenchEvent(index))
        dispatched = number / (time.perf_counter() - started)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        attempted = await webhooks.worker.drain()
        delivered = attempted / (time.perf_counter() - started)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"bare client {plain:,.0f}/s, dispatch {dispatched:,.0f}/s, delivery {delivered:,.0f}/s ({attempted})")
    print(f"ratio {delivered / plain:.2f}, memory +{grown:.1f} MB")


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receive, args=(there,), daemon=True)
    process.start()
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        asyncio.run(measure(number, url, here.recv()))
    process.terminate()


if __name__ == "__main__":
    main()
