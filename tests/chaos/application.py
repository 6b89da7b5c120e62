"""What the chaos run serves: an order and its webhook in one transaction, some of which are rolled back.

``python application.py URL …`` makes the tables, subscribes each URL to its share of the orders, and prints the keys.
"""

import asyncio
import sys

import msgspec
import svcs
from glueful_kernel import create_app
from glueful_orm import Engine, Migrator, Model, transaction
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


@post("/orders")
async def place(data: JSONBody[NewOrder]) -> None:
    """Write the order and send its event, or neither."""
    async with transaction():
        await ChaosOrder.insert_many([{"number": data.number}])
        await Webhook.dispatch(OrderPlaced(data.number, data.number % SHARES))
        if data.is_refused:
            raise ClientException("refused", status_code=409)


app = create_app([place], only=["errors", "orm", "http", "webhooks"])


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
