"""A second process with the embedded file: ``python process.py FILE WHAT``; a line on stdout says that it began."""

import asyncio
import sys
from typing import Any

from glueful_redis import RedisSettings
from glueful_redis.stores import Stores


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def hold(stores: Stores) -> None:
    async with stores.locks.hold("import", ttl=1.0) as lease:
        say(lease.fence)
        await asyncio.sleep(60)


async def count(stores: Stores) -> None:
    say("begun")
    for _ in range(500):
        await stores.key_values.increment("counter", ttl=None)
    say("done")


async def write(stores: Stores) -> None:
    """Write without end, and say what is stored."""
    say("begun")
    for number in range(1_000_000):
        await stores.key_values.set(f"key{number % 1000}", b"%d" % number * 200, ttl=600, tags=["tag"])
        await stores.key_values.set("last", b"%d" % number, ttl=600)
        say(number)


async def publish(stores: Stores) -> None:
    say("begun")
    for number in range(200):
        await stores.pubsub.publish("news", b"%d" % number)


async def hold_file(stores: Stores) -> None:
    """Keep the write lock of the file for long."""

    def job(*_: Any) -> None:
        import time

        say("begun")
        time.sleep(60)

    assert stores.file is not None
    await stores.file.write(job)


if __name__ == "__main__":
    asyncio.run(globals()[sys.argv[2]](Stores(RedisSettings(embedded_path=sys.argv[1]), None)))
