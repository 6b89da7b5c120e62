"""Kills workers with -9, again and again, while jobs run; counts what became of the jobs.

    python benchmarks/queue/kill_workers.py [KILLS] [sqlite|postgres|redis] [JOBS]

Jobs append to a file, which judges: each must be there at least once. Prints kills, jobs, effects, those that happened
more than once, failed jobs, and how long it took until all was done. Exits with 1 if an effect is missing.
"""

import asyncio
import os
import random
import runpy
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import glueful_queue
from glueful_hookspecs import Secret
from glueful_kernel.testing import PostgresServer, RedisServer
from glueful_orm import MigrationSource, Migrator, OrmSettings, connect
from glueful_queue import DatabaseQueue, FailedJob, Queues, QueueSettings
from glueful_queue.binding import bind
from glueful_queue.redis_queue import RedisQueue
from glueful_redis import RedisClients, RedisSettings

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
KIND = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
JOBS = int(sys.argv[3]) if len(sys.argv) > 3 else KILLS * 5
LEASE = 2.0
SCRIPT = Path(__file__).parents[2] / "plugins" / "glueful-queue" / "tests" / "worker_process.py"
sys.argv = ["worker_process.py"]
MIGRATIONS = MigrationSource("queue", Path(glueful_queue.__file__).parent / "migrations")


async def main():
    random.seed(7)
    slow = runpy.run_path(str(SCRIPT))["note"]
    folder = Path(tempfile.mkdtemp())
    effects = folder / "effects"
    async with AsyncExitStack() as stack:
        redis = RedisServer(append_only=True) if KIND == "redis" else None
        postgres = PostgresServer() if KIND == "postgres" else None
        for server in (redis, postgres):
            if server is not None:
                stack.callback(server.close)
        url = postgres.url if postgres is not None else f"sqlite:///{folder / 'queue.sqlite3'}"
        engine = await stack.enter_async_context(connect(url))
        await Migrator(engine, [MIGRATIONS], OrmSettings()).migrate()
        if redis is None:
            make = lambda name: DatabaseQueue(engine, name)  # noqa: E731
        else:
            clients = RedisClients(RedisSettings(url=Secret(redis.url), prefix="test"))
            stack.push_async_callback(clients.close)
            make = lambda name: RedisQueue(clients.shared, clients.shared, "test", name)  # noqa: E731
        queues = Queues(QueueSettings(retries=50), make, is_transactional=redis is None)
        bind(queues)
        command = [sys.executable, str(SCRIPT), KIND, url, redis.url if redis else "none", str(effects), str(LEASE)]

        def start():
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            stack.callback(process.kill)
            return process

        workers = [start(), start()]
        kills, enqueued = 0, 0
        while kills < KILLS:
            index = random.randrange(2)
            while enqueued < JOBS * (kills + 1) // KILLS:
                await slow.using(key=f"job-{enqueued}").enqueue(str(enqueued))
                enqueued += 1
            victim = workers[index]
            while not Path(f"{effects}.{victim.pid}").exists():
                await asyncio.sleep(0.01)
            await asyncio.sleep(random.uniform(0, 0.2))
            victim.kill()
            victim.wait()
            kills += 1
            workers[index] = start()
        began = time.monotonic()
        while time.monotonic() - began < 60:
            seen = Counter(effects.read_text().split())
            if len(seen) >= enqueued and (await queues.broker().waiting()).active == 0:
                break
            await asyncio.sleep(0.1)
        waiting = await queues.broker().waiting()
        failed = await FailedJob.where().count()
        missing = [number for number in range(enqueued) if str(number) not in seen]
        print(
            f"{KIND}: {kills} kills, {enqueued} jobs, {len(seen)} effects, {len(missing)} missing, "
            f"{sum(count > 1 for count in seen.values())} more than once, {failed} failed, "
            f"{waiting.queued + waiting.active + waiting.scheduled} left, "
            f"{time.monotonic() - began:.1f} s after the last kill"
        )
    os._exit(1 if missing else 0)


if __name__ == "__main__":
    asyncio.run(main())
