"""What the chaos run serves: an order, its webhook and its job in one transaction, some of which are rolled back.

``python application.py URL …`` makes the tables, subscribes each URL to its share of the orders, and prints the keys.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec
import svcs
from glueful_kernel import create_app
from glueful_orm import Engine, Migrator, Model, transaction
from glueful_queue import job
from glueful_webhooks import Webhook, webhook_event
from litestar import post
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from piccolo.columns import Integer

SHARES = 10


@webhook_event("order.placed")
class OrderPlaced(msgspec.Struct):
    """Somebody ordered something."""

    number: int
    share: int


class ChaosOrder(Model):
    """Says which transactions were committed."""

    number = Integer(primary_key=True)


class NewOrder(msgspec.Struct):
    """An order, and whether its transaction fails after everything was written."""

    number: int
    is_refused: bool = False


@job(name="orders.ship", retries=100, timeout=10, outbox=True)
def ship(number: int) -> None:
    """Leave a line: what was done, as somebody else would count it."""
    with Path(os.environ["CHAOS_SHIPPED"]).open("a") as lines:
        lines.write(f"{number}\n")


@post("/orders")
async def place(data: JSONBody[NewOrder]) -> None:
    """Write the order, send its event and enqueue its job, or none of these."""
    async with transaction():
        await ChaosOrder.insert_many([{"number": data.number}])
        await Webhook.dispatch(OrderPlaced(data.number, data.number % SHARES))
        await ship.enqueue(data.number)
        if data.is_refused:
            raise ClientException("refused", status_code=409)


app = create_app([place], only=["errors", "orm", "http", "webhooks", "queue", "redis"])


async def prepare(urls: list[str]) -> None:
    """Make the tables and the endpoints."""
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        await (await services.aget(Engine)).execute("CREATE TABLE chaos_orders (number INTEGER PRIMARY KEY)")
        for share, url in enumerate(urls):
            _, key = await Webhook.subscribe("order.*", url, filters={"share": share})
            print(key.text)


if __name__ == "__main__":
    asyncio.run(prepare(sys.argv[1:]))
