"""Chaos: web processes send webhooks and enqueue jobs while everything is killed and restarted; prints what was kept.

    python tests/chaos/run.py [--events 10000] [--seed 1] …

Web processes (``glueful serve``) take orders over HTTP, a fifth of which is rolled back; each is a row, a webhook and a
job with an outbox in one transaction. Workers (``glueful queue work``) are killed with SIGKILL every second; now and
then a web process is, and PostgreSQL or Redis (with its append-only file) is restarted, by turns as an administrator
would and as a crash would. The receiver answers 200, 500 and 429, too late, in part, or not at all. Exits with 1 if a
promise was broken.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx2
from application import SHARES
from glueful_kernel.testing import PostgresServer, RedisServer
from judge import Verdict, judge, stored
from receiver import Receiver, receiving
from storm import LEASE_SECONDS, TIMEOUT_SECONDS, Processes, Storm, environment

CLIENTS = 16
REFUSED = 0.2
WORK = ("queue", "work", "--grace", "10")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="answered requests; a fifth is rolled back")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--web", type=int, default=2, help="web processes")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kill-every", type=float, default=1.0, help="seconds between two kills of a worker")
    parser.add_argument("--restart-every", type=int, default=12, help="kills between two restarts of something bigger")
    parser.add_argument("--logs", help="folder for what the processes print; by default it is not kept")
    parser.add_argument("--limit", type=float, default=1_800.0, help="seconds after which the run is given up")
    return parser.parse_args()


async def dispatch(storm: Storm, events: int, seed: int) -> Counter[str]:
    """Send orders until so many were answered; one that was not is never sent again. Answers by kind."""
    answers: Counter[str] = Counter()
    numbers = iter(range(1, 2**31))
    chance = random.Random(f"{seed}/orders")

    async def client(index: int) -> None:
        async with httpx2.AsyncClient(timeout=10, trust_env=False) as session:
            while answers["committed"] + answers["rolled back"] < events:
                body = {"number": next(numbers), "is_refused": chance.random() < REFUSED}
                addresses = list(storm.web.values()) or [""]
                try:
                    answer = await session.post(addresses[index % len(addresses)] + "/orders", json=body)
                except (httpx2.HTTPError, ValueError):
                    answers["no answer"] += 1
                    await asyncio.sleep(0.2)
                    continue
                kind = {201: "committed", 409: "rolled back"}.get(answer.status_code, str(answer.status_code))
                answers[kind] += 1
                if answer.status_code >= 500:
                    await asyncio.sleep(0.2)

    await asyncio.gather(*(client(index) for index in range(CLIENTS)))
    return answers


def counted(shipped: Path) -> Counter[int]:
    """How often the job of each order ran."""
    return Counter(map(int, shipped.read_text().split()))


async def until_final(url: str, receiver: Receiver, shipped: Path, deadline: float) -> None:
    """Wait until all that was committed is acknowledged and shipped, and nothing is open; or until the deadline."""
    while time.monotonic() < deadline:
        with suppress(OSError, asyncpg.PostgresError):
            found = await stored(url)
            if not found.open and found.committed <= receiver.acknowledged & counted(shipped).keys():
                return
        await asyncio.sleep(0.5)


async def run(options: argparse.Namespace, postgres: PostgresServer, redis: RedisServer, folder: Path) -> Verdict:
    """One run."""
    began = time.monotonic()
    connection = await asyncpg.connect(postgres.url)
    # The test server forgets commits at a crash, for speed.
    await connection.execute("ALTER ROLE postgres SET synchronous_commit = on")
    await connection.execute("CREATE DATABASE chaos")
    await connection.close()
    url = postgres.url.rpartition("/")[0] + "/chaos"
    shipped = folder / "shipped"
    shipped.touch()
    processes = Processes(environment(url, redis.url, shipped), folder)
    async with receiving(options.seed, TIMEOUT_SECONDS) as receiver:
        urls = [receiver.url(share) for share in range(SHARES)]
        receiver.trust((await processes.run(sys.executable, "application.py", *urls)).split())
        storm = Storm(processes, receiver, WORK, random.Random(f"{options.seed}/storm"), options.kill_every)
        await storm.begin(options.web, options.workers)
        blowing = asyncio.create_task(storm.blow({"postgres": postgres, "redis": redis}, options.restart_every))
        started = time.monotonic()
        answers = await dispatch(storm, options.events, options.seed)
        dispatched = time.monotonic()
        deadline = began + options.limit
        # The storm goes on until most is delivered: then whatever it left behind must still arrive.
        while len(receiver.acknowledged) < answers["committed"] * 0.95 and time.monotonic() < deadline:
            if blowing.done():
                await blowing
            await asyncio.sleep(0.2)
        blowing.cancel()
        with suppress(asyncio.CancelledError):
            await blowing
        await until_final(url, receiver, shipped, deadline)
        failed = await processes.stop()
        verdict = judge(receiver, await stored(url), counted(shipped), processes.killed_at, 2 * LEASE_SECONDS)
    verdict.violations["processes that failed at their end"] = failed
    verdict.facts = {
        "requests to web processes": dict(answers),
        "killed or restarted": storm.kills,
        "seconds": f"{dispatched - started:.0f} until dispatched, {time.monotonic() - started:.0f} until delivered",
        **verdict.facts,
    }
    postgres.stop()
    redis.stop()
    storm.close()
    return verdict


def main() -> int:
    """Run, and print."""
    options = arguments()
    postgres, redis = PostgresServer(), RedisServer(append_only=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            verdict = asyncio.run(run(options, postgres, redis, Path(options.logs or folder)))
    finally:
        postgres.close()
        redis.close()
    for name, value in verdict.facts.items():
        print(f"{name}: {value}")
    for name, found in verdict.violations.items():
        print(f"{name}: {len(found)} {found[:3] if found else ''}".rstrip())
    print("kept" if verdict.is_good else "BROKEN")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
