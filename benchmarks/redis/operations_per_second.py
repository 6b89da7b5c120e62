"""Keys, locks and messages on both implementations, beside redis-py and sqlite3 alone.

    python benchmarks/redis/operations_per_second.py [SECONDS]

One task calls one after another, and then twenty at once, each for so many seconds; the median of three rounds, in
which the contestants take turns. Redis is a process of its own on this machine. Behind the rate is the processor time
of an operation in microseconds, Redis's own not counted: other load on the machine changes it less.
"""

import asyncio
import itertools
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from glueful_hookspecs import Secret
from glueful_kernel.testing import RedisServer
from glueful_redis import RedisClients, RedisSettings
from glueful_redis.stores import Stores
from redis.asyncio import Redis

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
VALUE = b"x" * 200
numbers = itertools.count()


async def rate(call, tasks):
    """Calls per second, and processor time of each in microseconds."""
    end = time.perf_counter() + SECONDS

    async def work():
        done = 0
        while time.perf_counter() < end:
            await call()
            done += 1
        return done

    begin, processor = time.perf_counter(), time.process_time()
    done = sum(await asyncio.gather(*[work() for _ in range(tasks)]))
    return done / (time.perf_counter() - begin), (time.process_time() - processor) / done * 1e6


class PlainSqlite:
    """A table and two statements, in the event loop: the least that an embedded store can cost."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB, expires_at INTEGER)")

    async def get(self):
        statement = "SELECT value FROM entries WHERE key=? AND expires_at>?"
        self.connection.execute(statement, (b"key", int(time.time() * 1000))).fetchone()

    async def set(self):
        row = (b"key", VALUE, int(time.time() * 1000) + 60_000)
        self.connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", row)


def calls(stores):
    """What is measured of our stores."""
    key_values, locks, pubsub = stores.key_values, stores.locks, stores.pubsub

    async def lock():
        lease = await locks.acquire(f"lock{next(numbers)}", ttl=30)
        await lease.release()

    return {
        "get": lambda: key_values.get("key"),
        "get with a tag": lambda: key_values.get("tagged"),
        "set": lambda: key_values.set("key", VALUE, ttl=60),
        "set with a tag": lambda: key_values.set("tagged", VALUE, ttl=60, tags=["tag"]),
        "increment": lambda: key_values.increment("counter", ttl=60),
        "lock, release": lock,
        "publish": lambda: pubsub.publish("channel", VALUE),
    }


def shown(measurements):
    """The median of rates, and that of costs."""
    if not measurements:
        return " " * 16
    per_second, cost = (statistics.median(column) for column in zip(*measurements, strict=True))
    return f"{per_second:9.0f} ({cost:4.0f})"


async def main():
    server = RedisServer()
    with tempfile.TemporaryDirectory() as folder:
        settings = RedisSettings(url=Secret(server.url))
        clients = RedisClients(settings)
        on_redis = Stores(settings, clients)
        embedded = Stores(RedisSettings(embedded_path=str(Path(folder) / "store.sqlite3")), None)
        plain = PlainSqlite(str(Path(folder) / "plain.sqlite3"))
        redis = Redis.from_url(server.url)
        contestants = {
            "redis-py": {
                "get": lambda: redis.get("glueful:kv:key"),
                "set": lambda: redis.set("glueful:kv:key", VALUE, px=60_000),
                "increment": lambda: redis.incr("plain"),
                "publish": lambda: redis.publish("channel", VALUE),
            },
            "on Redis": calls(on_redis),
            "sqlite3": {"get": plain.get, "set": plain.set},
            "embedded": calls(embedded),
        }
        for stores in (on_redis, embedded):
            await stores.key_values.set("key", VALUE, ttl=600)
            await stores.key_values.set("tagged", VALUE, ttl=600, tags=["tag"])
        print(f"{'per second, (µs each)':24}" + "".join(f"{name:>16}" for name in contestants))
        for tasks in (1, 20):
            for operation in contestants["on Redis"]:
                rates = {name: [] for name in contestants}
                for _ in range(3):
                    for name, measured in contestants.items():
                        if operation in measured:
                            rates[name].append(await rate(measured[operation], tasks))
                row = "".join(shown(measurements) for measurements in rates.values())
                print(f"{f'{operation}, {tasks} at once':24}{row}", flush=True)
        for stores in (on_redis, embedded):
            await stores.close()
        await clients.close()
        await redis.aclose()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
