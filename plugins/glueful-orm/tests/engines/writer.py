"""A process that writes, for test_concurrency: ``writer.py URL CREATES TRANSFERS``; begins when it reads a line."""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

from glueful_orm import Model, connect, transaction
from piccolo.columns import Integer, Varchar


class Note(Model, tablename="note"):
    text = Varchar(100)


class Counter(Model, tablename="counter"):
    n = Integer()


async def main(url: str, creates: int, transfers: int) -> None:
    options: dict[str, Any] = {"busy_timeout_seconds": 30} if url.startswith("sqlite") else {"max_size": 5}
    waits: list[float] = []

    async def create(number: int) -> None:
        started = perf_counter()
        await Note.create(text=f"note {number}")
        waits.append(perf_counter() - started)

    async def transfer() -> None:
        started = perf_counter()
        async with transaction():
            counter = await Counter.query().for_update().first_or_fail()
            await asyncio.sleep(0)
            await counter.update(n=counter.n + 1)
        waits.append(perf_counter() - started)

    async with connect(url, acquire_timeout_seconds=30, **options) as engine:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        jobs = [*(create(number) for number in range(creates)), *(transfer() for _ in range(transfers))]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        in_use = engine.in_use
    errors = [repr(result) for result in results if isinstance(result, BaseException)]
    sys.stdout.write(json.dumps({"errors": errors, "longest": max(waits, default=0.0), "in_use": in_use}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
