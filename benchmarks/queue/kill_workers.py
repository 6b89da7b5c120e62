"""Kills workers with -9, again and again, while jobs run; counts what became of the jobs.

    python benchmarks/queue/kill_workers.py [KILLS] [sqlite|postgres|redis] [JOBS]

Jobs append to a file, which judges. Each takes 20 ms between its claim and its begin, 20 to its effect, and 20 more
to its end, so that kills hit all three. Workers are forked from a process that has imported everything, which makes a
start cheap.

Prints where attempts were killed, the jobs without effect (there must be none) and with more than one, the times from a
kill to the next attempt of a job that lost its first one, and how long it took until all was done. Exits with 1 if an
effect is missing, a job failed or is left, or two attempts of a job have one number.
"""

import asyncio
import ctypes
import multiprocessing
import os
import random
import runpy
import shutil
import signal
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

LEASE = 2.0
SWEEP = 0.2
STEP = 0.02
WORKERS = 3
PATIENCE_SECONDS = 300
SCRIPT = Path(__file__).parents[2] / "plugins" / "glueful-queue" / "tests" / "faults" / "worker_process.py"
MIGRATIONS = MigrationSource("queue", Path(glueful_queue.__file__).parent / "migrations")
IMPORTED = (
    *(
        "glueful_orm.engines.postgres",
        "glueful_orm.engines.sqlite",
        "glueful_queue.redis_queue",
        "glueful_queue.worker",
    ),
    *("glueful_queue.watchdog", "glueful_queue.outbox", "glueful_redis.clients", "redis.asyncio.cluster"),
    *("glueful_kernel.testing.postgres", "glueful_kernel.testing.redis", "glueful_queue.failed_jobs"),
)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(list(IMPORTED))


def work(arguments):
    """A worker, in a process of its own."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # it ends with the process that it was forked from
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    sys.argv = [str(SCRIPT), *arguments]
    runpy.run_path(str(SCRIPT), run_name="__main__")


async def opened(kind, folder, stack):
    """The queues of a broker on a new server, and the arguments of its workers."""
    redis = RedisServer(append_only=True) if kind == "redis" else None
    postgres = PostgresServer() if kind == "postgres" else None
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
    queues = Queues(QueueSettings(), make, is_transactional=redis is None)
    bind(queues)
    return queues, [kind, url, redis.url if redis else "none", str(folder / "effects"), str(LEASE)]


async def kill(kills, jobs, arguments, effects, stack):
    """Enqueue the jobs while workers are killed; the handles, and when which process was killed."""
    walk = runpy.run_path(str(SCRIPT))["walk"]

    def start():
        process = PROCESSES.Process(target=work, args=(arguments,), daemon=True)
        process.start()
        stack.callback(process.kill)
        return process

    workers = [start() for _ in range(WORKERS)]
    handles, killed_at = [], {}
    while len(killed_at) < kills:
        while len(handles) < jobs * (len(killed_at) + 1) // kills:
            handles.append(await walk.using(key=f"job-{len(handles)}").enqueue(str(len(handles)), STEP))
        index = random.randrange(WORKERS)
        victim = workers[index]
        async with asyncio.timeout(60):
            while not Path(f"{effects}.{victim.pid}").exists():
                await asyncio.sleep(0.01)
        await asyncio.sleep(random.uniform(0, 0.15))
        victim.kill()
        killed_at[victim.pid] = time.time()
        workers[index] = start()
        victim.join()
    return handles, killed_at


async def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    jobs = int(sys.argv[3]) if len(sys.argv) > 3 else kills * 5
    sys.argv = ["worker_process.py"]
    random.seed(7)
    folder = Path(tempfile.mkdtemp())
    effects = folder / "effects"
    effects.touch()
    async with AsyncExitStack() as stack:
        queues, arguments = await opened(kind, folder, stack)
        began = time.monotonic()
        handles, killed_at = await kill(kills, jobs, arguments, effects, stack)
        killed = time.monotonic()
        left = jobs
        while left and time.monotonic() - killed < PATIENCE_SECONDS:
            await asyncio.sleep(0.1)
            left = await queues.broker().count("incomplete")
        after = time.monotonic() - killed
        failed = await FailedJob.where().count()
        found = [await handle.job() for handle in handles]
    is_good = report(kind, killed_at, found, effects.read_text().splitlines(), failed, left)
    shutil.rmtree(folder)
    print(f"  {killed - began:.0f} s of killing, {after:.1f} s until all was done after the last kill", flush=True)
    os._exit(0 if is_good else 1)


def report(kind, killed_at, found, lines, failed, left):
    """Judge by the lines that jobs wrote."""
    begins, effects, doubled = {}, Counter(), 0
    for line in lines:
        number, what, attempt, pid, at = line.split()
        if what == "effect":
            effects[number] += 1
            begins[number][int(attempt)][2] = True
        else:
            doubled += int(attempt) in begins.setdefault(number, {})
            begins[number][int(attempt)] = [int(pid), float(at), False]
    missing = [number for number in range(len(found)) if not effects[str(number)]]
    where, waits = Counter(), []
    for number, job in enumerate(found):
        attempts = begins.get(str(number), {})
        last = job.attempts if job is not None else max(attempts, default=0)
        for attempt in range(1, last):
            if attempt not in attempts:
                where["before its begin"] += 1
            else:
                where["after its effect" if attempts[attempt][2] else "in the middle"] += 1
        if 1 in attempts and 2 in attempts and attempts[1][0] in killed_at:
            waits.append(attempts[2][1] - killed_at[attempts[1][0]])
    waits.sort()
    print(
        f"{kind}: {len(killed_at)} kills, {len(found)} jobs; attempts killed: "
        f"{', '.join(f'{count} {name}' for name, count in sorted(where.items()))}; {len(missing)} effects missing, "
        f"{sum(count > 1 for count in effects.values())} more than once, {doubled} attempts with one number, "
        f"{failed} failed, {left} left"
    )
    if waits:
        print(
            f"  {len(waits)} second attempts began {waits[len(waits) // 2]:.1f} s (median), "
            f"{waits[int(len(waits) * 0.99)]:.1f} s (p99), {waits[-1]:.1f} s (most) after the kill; "
            f"the lease is {LEASE} s, the sweep {SWEEP} s"
        )
    return not (missing or doubled or failed or left)


if __name__ == "__main__":
    asyncio.run(main())
