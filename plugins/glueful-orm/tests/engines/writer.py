"""A process that writes, for test_concurrency: ``writer.py URL CREATES TRANSFERS``; begins when it reads a line."""

import asyncio
import json
import sys
from time import perf_counter

from glueful_orm.engines import engine_from_url


async def main(url: str, creates: int, transfers: int) -> None:
    options = {"busy_timeout_seconds": 30} if url.startswith("sqlite") else {"max_size": 5}
    engine = engine_from_url(url, acquire_timeout_seconds=30, **options)
    await engine.open()
    if engine.dialect == "sqlite":
        insert, lock, update = "INSERT INTO note (text) VALUES (?)", "SELECT n FROM counter", "UPDATE counter SET n = ?"
    else:
        insert = "INSERT INTO note (text) VALUES ($1)"
        lock, update = "SELECT n FROM counter FOR UPDATE", "UPDATE counter SET n = $1"
    waits: list[float] = []

    async def create(number: int) -> None:
        started = perf_counter()
        await engine.execute(insert, [f"note {number}"])
        waits.append(perf_counter() - started)

    async def transfer() -> None:
        started = perf_counter()
        async with engine.transaction():
            [[value]] = await engine.fetch(lock)
            await asyncio.sleep(0)
            await engine.execute(update, [value + 1])
        waits.append(perf_counter() - started)

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    jobs = [*(create(number) for number in range(creates)), *(transfer() for _ in range(transfers))]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    errors = [repr(result) for result in results if isinstance(result, BaseException)]
    in_use = engine.in_use
    await engine.close()
    sys.stdout.write(json.dumps({"errors": errors, "longest": max(waits, default=0.0), "in_use": in_use}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
