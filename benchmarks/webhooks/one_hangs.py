"""How long webhooks of others take from dispatch to arrival, with and without an endpoint that hangs.

    python benchmarks/webhooks/one_hangs.py [NUMBER]

The hanging endpoint gets as many events as the others, and answers none. Prints median and 99th percentile.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import svcs
from glueful_hookspecs import Secret
from glueful_http import HttpSettings
from glueful_http.plugin import HttpPlugin
from glueful_kernel import create_app
from glueful_orm import Migrator, OrmSettings
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhook, WebhookSettings, webhook_event
from glueful_webhooks.plugin import WebhooksPlugin

PAUSE_SECONDS = 0.005


@webhook_event("bench.quick")
class Quick(msgspec.Struct):
    """For the endpoint that answers."""

    sent: float


@webhook_event("bench.hanging")
class Hanging(msgspec.Struct):
    """For the endpoint that does not."""

    number: int


async def measure(number, folder, *, hangs):
    took, done = [], asyncio.Event()

    async def answer(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                if head.startswith(b"POST /hangs"):
                    await reader.read()
                    return
                took.append(time.perf_counter() - msgspec.json.decode(body)["data"]["sent"])
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
                if len(took) == number:
                    done.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    app = create_app(
        plugins=[
            OrmPlugin(OrmSettings(url=Secret(f"sqlite:///{folder / f'bench-{hangs}.sqlite3'}"))),
            HttpPlugin(HttpSettings(allow_localhost=True)),
            WebhooksPlugin(WebhookSettings(run_worker=False)),
        ],
        only=["orm", "http", "webhooks"],
        settings={"kernel": {"environment": "development"}},
    )
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        webhooks = Webhook.current()
        await Webhook.subscribe("bench.quick", f"{address}/quick")
        await Webhook.subscribe("bench.hanging", f"{address}/hangs")
        working = asyncio.create_task(webhooks.worker.run())
        for index in range(number):
            if hangs:
                await Webhook.dispatch(Hanging(index))
            await Webhook.dispatch(Quick(time.perf_counter()))
            await asyncio.sleep(PAUSE_SECONDS)
        await done.wait()
        await webhooks.stop(0)
        await working
    server.close()
    percentiles = statistics.quantiles(took, n=100)
    name = "one endpoint hangs" if hangs else "all endpoints answer"
    print(f"{name}: median {percentiles[49] * 1000:.0f} ms, 99th percentile {percentiles[98] * 1000:.0f} ms")


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        for hangs in (False, True):
            asyncio.run(measure(number, Path(folder), hangs=hangs))


if __name__ == "__main__":
    main()
