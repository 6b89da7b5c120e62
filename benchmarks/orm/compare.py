"""glueful-orm beside raw drivers, Piccolo, SQLAlchemy, Tortoise and Django, on SQLite and PostgreSQL, in one run.

Each contestant is measured by a process of its own on a new database, all of them in turn, round after round; the table
shows the best round of each, in microseconds a row or call, and its ratio to the best round of the raw driver.

``pip install -r benchmarks/orm/requirements.txt``; then ``python benchmarks/orm/compare.py [ROUNDS]``.
"""

import asyncio
import gc
import importlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rows
from contestants import CONTESTANTS

BEST = ("req/s",)
REQUESTS, TASKS = 600, 50
REPEATS = 3


async def timed(work: Any) -> tuple[float, Any]:
    gc.collect()
    begin = time.perf_counter()
    result = await work
    return (time.perf_counter() - begin) * 1e6, result


async def one_by_one(method: Any, arguments: Any) -> None:
    for argument in arguments:
        await method(argument)


async def mix(contestant: Any) -> tuple[float, float]:
    """Requests a second and the 99th percentile in milliseconds, of 50 tasks: 3 rows, a page, and an insert in five."""
    choose = random.Random(1)
    new = iter(rows.authors(REQUESTS, 100_000))
    requests = [
        ([choose.randint(1, rows.AUTHORS) for _ in range(3)], next(new) if number % 5 == 0 else None)
        for number in range(REQUESTS)
    ]
    durations: list[float] = []

    async def task() -> None:
        while requests:
            begin = time.perf_counter()
            await contestant.serve(*requests.pop())
            durations.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    await asyncio.gather(*(task() for _ in range(TASKS)))
    return REQUESTS / (time.perf_counter() - begin), sorted(durations)[int(REQUESTS * 0.99)] * 1e3


async def measure(module: str, url: str) -> dict[str, float]:
    """Every operation, after a small one to warm up; of several times the quickest."""
    contestant = importlib.import_module(f"contestants.{module}").contestant()
    await contestant.open(url)
    results: dict[str, float] = {}

    async def note(name: str, units: int, work: Callable[[int], Any], repeats: int = REPEATS) -> Any:
        for turn in range(repeats):
            duration, result = await timed(work(turn))
            results[name] = min(duration / units, results.get(name, duration))
        return result

    def new(count: int, first: int) -> Callable[[int], list[dict[str, Any]]]:
        return lambda turn: rows.authors(count, first + turn * count)

    in_transaction, committed, in_bulk = new(500, 20_000), new(200, 30_000), new(5_000, 40_000)
    try:
        await contestant.insert_in_transaction(rows.authors(20, 200_000))
        await one_by_one(contestant.get, range(1, 20))
        await contestant.eager(20)
        await contestant.update_each(await contestant.load(20))
        await note("fetch 10k dicts", rows.AUTHORS, lambda _: contestant.fetch_dicts())
        await note("fetch 10k objects", rows.AUTHORS, lambda _: contestant.fetch_objects())
        await note("get by key", 1_000, lambda _: one_by_one(contestant.get, range(1, 1_001)))
        count = await note("eager 1k x 10", rows.PROLIFIC * rows.BOOKS_EACH, lambda _: contestant.eager(rows.PROLIFIC))
        if count != rows.PROLIFIC * rows.BOOKS_EACH:
            raise SystemExit(f"{module} found {count} books")
        found = await contestant.load(500)
        await note("update (1 tx)", 500, lambda _: contestant.update_each(found), repeats=1)
        await note("json of 10k", rows.AUTHORS, lambda _: contestant.json())
        await note("insert (1 tx)", 500, lambda turn: contestant.insert_in_transaction(in_transaction(turn)))
        await note("insert, commit", 200, lambda turn: one_by_one(contestant.insert, committed(turn)))
        await note("insert bulk", 5_000, lambda turn: contestant.insert_bulk(in_bulk(turn)))
        if hasattr(contestant, "serve"):
            results["req/s"], results["p99 ms"] = await mix(contestant)
    finally:
        await contestant.close()
    return results


def fill_sqlite(path: Path, timestamp: str) -> None:
    path.unlink(missing_ok=True)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for statement in rows.tables("sqlite", timestamp):
            connection.execute(statement)
        values = [(*list(row.values())[:-1], row["created_at"].isoformat(" ")) for row in rows.authors(rows.AUTHORS)]
        insert = "INSERT INTO author (name, email, age, score, is_active, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        connection.executemany(insert, values)
        connection.executemany("INSERT INTO book (author_id, title, pages, rating) VALUES (?, ?, ?, ?)", rows.books())
    connection.close()


async def fill_postgres(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute("DROP TABLE IF EXISTS book; DROP TABLE IF EXISTS author")
    for statement in rows.tables("postgres", ""):
        await connection.execute(statement)
    names = ["name", "email", "age", "score", "is_active", "created_at"]
    values = [tuple(row.values()) for row in rows.authors(rows.AUTHORS)]
    await connection.copy_records_to_table("author", records=values, columns=names)
    await connection.copy_records_to_table(
        "book", records=rows.books(), columns=["author_id", "title", "pages", "rating"]
    )
    await connection.execute("ANALYZE")
    await connection.close()


def run(database: str, module: str, url: str) -> dict[str, float]:
    """One round of one contestant, in a process of its own."""
    if database == "sqlite":
        fill_sqlite(Path(url.removeprefix("sqlite:///")), timestamp_of(module))
    else:
        asyncio.run(fill_postgres(url))
    command = [sys.executable, __file__, "--measure", module, url]
    output = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    if output.returncode:
        raise SystemExit(f"{module} on {database}:\n{output.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(output.stdout.splitlines()[-1])
    return figures


def timestamp_of(module: str) -> str:
    """The type that a contestant declares, read without importing what it needs."""
    text = (Path(__file__).parent / "contestants" / f"{module}.py").read_text()
    return text.partition('timestamp = "')[2].partition('"')[0] or "TIMESTAMP"


def table(database: str, results: dict[str, list[dict[str, float]]]) -> None:
    names = list(dict.fromkeys(name for figures in results.values() for one in figures for name in one))
    best = {
        contestant: {
            name: (max if name in BEST else min)(one[name] for one in figures if name in one)
            for name in names
            if any(name in one for one in figures)
        }
        for contestant, figures in results.items()
    }
    raw = next(iter(best.values()))
    print(f"\n### {database}: us per row or call (ratio to raw), best of {len(next(iter(results.values())))} rounds\n")
    print("| |", " | ".join(names), "|\n|---|" + "---|" * len(names))
    for contestant, figures in best.items():
        cells = [cell(figures, raw, name) for name in names]
        print(f"| {contestant} |", " | ".join(cells), "|", flush=True)


def cell(figures: dict[str, float], raw: dict[str, float], name: str) -> str:
    if name not in figures:
        return "-"
    return f"{figures[name]:.1f} ({figures[name] / raw[name]:.2f})" if name in raw else f"{figures[name]:.1f}"


def main(rounds: int = 3) -> None:
    from glueful_kernel.testing.postgres import PostgresServer

    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            urls = {"sqlite": f"sqlite:///{folder}/bench.sqlite3", "postgres": server.url}
            for database, contestants in CONTESTANTS.items():
                results: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
                for _ in range(rounds):
                    for name, module in contestants.items():
                        results[name].append(run(database, module, urls[database]))
                table(database, results)
    finally:
        server.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(asyncio.run(measure(*sys.argv[2:]))))
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
