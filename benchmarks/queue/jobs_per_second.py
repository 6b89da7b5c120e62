"""Jobs enqueued and run a second, beside SAQ alone on the same server.

    python benchmarks/queue/jobs_per_second.py [NUMBER] [CONCURRENCY]

Redis and PostgreSQL are started for it; each round measures SAQ and glueful-queue after one another, and the best of
three rounds counts. The job appends one byte to a file. One process enqueues, then works until the file is full.
SQLite has no counterpart in SAQ: it is measured alone.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import glueful_queue
from glueful_hookspecs import Secret
from glueful_kernel.testing import PostgresServer, RedisServer
from glueful_orm import MigrationSource, Migrator, OrmSettings, connect
from glueful_queue import DatabaseQueue, JobWorker, Queues, QueueSettings, job
from glueful_queue.binding import bind, unbind
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings
from saq import Worker
from saq.queue.postgres import PostgresQueue
from saq.queue.redis import RedisQueue as StockRedisQueue

NUMBER = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
CONCURRENCY = int(sys.argv[2]) if len(sys.argv) > 2 else 10
ROUNDS = 3
MIGRATIONS = MigrationSource("queue", Path(glueful_queue.__file__).parent / "migrations")
OUT = Path(tempfile.mkdtemp()) / "out"


def effect() -> None:
    descriptor = os.open(OUT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, b".")
    os.close(descriptor)


@job(name="note")
async def note(number: int) -> None:  # noqa: ARG001 - as real jobs have arguments
    effect()


async def stock_note(ctx, *, number):  # noqa: ARG001 - as above
    effect()


async def measure(enqueue, start, stop):
    """Enqueue one by one, then a hundred at a time, then run all; jobs a second of each."""
    OUT.unlink(missing_ok=True)
    half = NUMBER // 2
    began = time.perf_counter()
    for number in range(half):
        await enqueue(number)
    one_by_one = half / (time.perf_counter() - began)
    began = time.perf_counter()
    for first in range(half, NUMBER, 100):
        await asyncio.gather(*[enqueue(number) for number in range(first, min(first + 100, NUMBER))])
    gathered = (NUMBER - half) / (time.perf_counter() - began)
    began = time.perf_counter()
    task = await start()
    while not OUT.exists() or OUT.stat().st_size < NUMBER:
        await asyncio.sleep(0.005)
    run = NUMBER / (time.perf_counter() - began)
    await stop()
    await task
    if OUT.stat().st_size != NUMBER:
        print(f"  ({OUT.stat().st_size} runs of {NUMBER} jobs)")
    return one_by_one, gathered, run


async def stock(queue):
    await queue.connect()
    worker = Worker(queue, functions=[("note", stock_note)], concurrency=CONCURRENCY, dequeue_timeout=1)
    worker.SIGNALS = []

    async def start():
        return asyncio.create_task(worker.start())

    try:
        return await measure(lambda number: queue.enqueue("note", number=number), start, worker.stop)
    finally:
        await queue.disconnect()


async def ours(make, *, is_transactional):
    queues = Queues(QueueSettings(concurrency=CONCURRENCY), make, is_transactional=is_transactional)
    bind(queues)
    worker = JobWorker(queues, queues.broker(), CONCURRENCY)

    async def start():
        return asyncio.create_task(worker.run())

    try:
        return await measure(note.enqueue, start, lambda: worker.stop(5))
    finally:
        unbind(queues)
        await queues.close()


@asynccontextmanager
async def redis_queue(url):
    clients = RedisClients(RedisSettings(url=Secret(url), max_connections=200))
    blocking = clients.dedicated(max_connections=10, socket_timeout=10)
    yield lambda name: RedisQueue(clients.shared, blocking, "bench", name)
    await clients.close()


@asynccontextmanager
async def database_queue(url):
    async with connect(url) as engine:
        await Migrator(engine, [MIGRATIONS], OrmSettings()).migrate()
        yield lambda name: DatabaseQueue(engine, name)


async def redis_round():
    from redis.asyncio import Redis

    server = RedisServer()
    try:
        redis = Redis.from_url(server.url, socket_timeout=None, max_connections=CONCURRENCY + 200)
        theirs = await stock(StockRedisQueue(redis))
        async with redis_queue(server.url) as make, database_queue("sqlite://:memory:"):
            return theirs, await ours(make, is_transactional=False)
    finally:
        server.close()


async def postgres_round(server):
    theirs = await stock(PostgresQueue(url=server.url, min_size=4, max_size=20))
    async with database_queue(server.url) as make:
        return theirs, await ours(make, is_transactional=True)


async def sqlite_round():
    async with database_queue(f"sqlite:///{tempfile.mkdtemp()}/queue.sqlite3") as make:
        return None, await ours(make, is_transactional=True)


def best(rounds):
    return tuple(max(values) for values in zip(*rounds, strict=True))


def show(name, rounds):
    mine = best([round_[1] for round_ in rounds])
    theirs = best([round_[0] for round_ in rounds]) if rounds[0][0] is not None else None
    for index, what in enumerate(("enqueue, one by one", "enqueue, 100 at a time", "run")):
        line = f"{name:<9}{what:<24}{mine[index]:>8.0f}/s"
        if theirs is not None:
            line += f"   SAQ {theirs[index]:>8.0f}/s   ratio {mine[index] / theirs[index]:.2f}"
        print(line)


async def main():
    logging.getLogger("saq").setLevel(logging.WARNING)
    print(f"{NUMBER} jobs, concurrency {CONCURRENCY}, best of {ROUNDS} rounds")
    show("redis", [await redis_round() for _ in range(ROUNDS)])
    server = PostgresServer()
    try:
        show("postgres", [await postgres_round(server) for _ in range(ROUNDS)])
    finally:
        server.close()
    show("sqlite", [await sqlite_round() for _ in range(ROUNDS)])


if __name__ == "__main__":
    asyncio.run(main())
