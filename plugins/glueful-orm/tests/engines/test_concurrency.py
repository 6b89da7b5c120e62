"""Many tasks in several processes: nothing is lost, nothing is refused."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from glueful_orm.engines import Engine
from glueful_orm.transactions import outside_transaction

WRITER = Path(__file__).with_name("writer.py")


async def write_in_processes(url: str, processes: int, *, creates: int, transfers: int) -> list[dict[str, Any]]:
    """Run ``writer.py`` several times at once; what each reports."""
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            str(WRITER),
            url,
            str(creates),
            str(transfers),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*[process.communicate(b"go\n") for process in running])
    return [json.loads(output) for output, _ in outputs]


async def test_600_creates_and_50_read_then_write_transactions_in_4_processes_all_arrive(
    engine: Engine, database_url: str
) -> None:
    key = "integer PRIMARY KEY" if engine.dialect == "sqlite" else "serial PRIMARY KEY"
    await engine.execute(f"CREATE TABLE note (id {key}, text varchar(100))")
    await engine.execute(f"CREATE TABLE counter (id {key}, n integer)")
    await engine.execute("INSERT INTO counter (n) VALUES (0)")

    reports = await write_in_processes(database_url, 4, creates=150, transfers=50)

    assert [report["errors"] for report in reports] == [[], [], [], []]
    assert [report["in_use"] for report in reports] == [0, 0, 0, 0]
    assert [row[0] for row in await engine.fetch("SELECT count(*) FROM note")] == [600]
    assert [row[0] for row in await engine.fetch("SELECT n FROM counter")] == [200]


async def test_600_creates_at_once_in_one_process_all_arrive(engine: Engine, sql: Any) -> None:
    await engine.execute("CREATE TABLE note (id integer)")
    insert = sql("INSERT INTO note VALUES (?)")

    await asyncio.gather(*[engine.execute(insert, [number]) for number in range(600)])

    assert [row[0] for row in await engine.fetch("SELECT count(DISTINCT id) FROM note")] == [600]


async def test_50_transactions_at_once_that_read_and_then_write_all_arrive(engine: Engine, sql: Any) -> None:
    await engine.execute("CREATE TABLE counter (n integer)")
    await engine.execute("INSERT INTO counter VALUES (0)")
    lock = "" if engine.dialect == "sqlite" else " FOR UPDATE"
    update = sql("UPDATE counter SET n = ?")

    async def increment() -> None:
        async with engine.transaction():
            [[value]] = await engine.fetch(f"SELECT n FROM counter{lock}")
            await engine.execute(update, [value + 1])

    await asyncio.gather(*[increment() for _ in range(50)])

    assert [row[0] for row in await engine.fetch("SELECT n FROM counter")] == [50]


async def test_readers_are_not_kept_waiting_by_a_transaction_that_writes(engine: Engine) -> None:
    await engine.execute("CREATE TABLE note (id integer)")

    async with engine.transaction():
        await engine.execute("INSERT INTO note VALUES (1)")
        with outside_transaction():
            async with asyncio.timeout(2):
                seen = await engine.fetch("SELECT id FROM note")

    assert seen == []
