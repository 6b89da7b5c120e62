"""Migrating processes that are killed, or that all begin at once; started by ``test_processes.py``.

The modules are imported once and each process is a fork of this one, so that dozens of them take seconds.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import glueful_orm.commands.session
import glueful_orm.migrate.postgres
import glueful_orm.migrate.sqlite
import piccolo.apps.migrations.auto.migration_manager
from glueful_orm import connect
from glueful_orm.migrate.runner import Migrator
from glueful_orm.migrate.sources import MigrationSource
from glueful_orm.schema.drift import compare_state
from glueful_orm.settings import OrmSettings

PRELOADED = (glueful_orm.commands.session, piccolo.apps.migrations.auto.migration_manager)
URL = sys.argv[2]
SOURCES = [MigrationSource("users", Path(sys.argv[3])), MigrationSource("blog", Path(sys.argv[4]), requires=("users",))]


async def migrate(die_at: int | None) -> list[str]:
    """Migrate; kill this process before its ``die_at``-th statement."""
    count = 0

    def observe(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async with connect(URL) as engine:
        engine.observe = observe
        return await Migrator(engine, SOURCES, OrmSettings()).migrate()


async def inspect() -> dict[str, Any]:
    """What the ledger says and whether the tables agree with it."""
    async with connect(URL) as engine:
        migrator = Migrator(engine, SOURCES, OrmSettings())
        applied = [f"{line.app}:{line.name}" for line in await migrator.status() if line.state == "applied"]
        async with migrator._loaded() as timeline:
            after = {task.file.label: task.step.after for task in timeline._tasks.values()}
        drift = await compare_state(after[applied[-1]], migrator.dialect, migrator.fetch) if applied else []
        rows = {}
        for table in await migrator.table_names():
            rows[table] = (await engine.fetch(f'SELECT count(*) FROM "{table}"'))[0][0]
        return {"applied": applied, "drift": [f"{item.table} {item.what}" for item in drift], "rows": rows}


async def reset() -> None:
    """Empty the database."""
    async with connect(URL) as engine:
        await Migrator(engine, SOURCES, OrmSettings())._database.drop_all()


def forked(work: Any) -> tuple[int, Any]:
    """Run a coroutine in a process of its own; its exit status and what it returned."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        try:
            result = json.dumps(asyncio.run(work))
            os.write(writing, result.encode())
            os._exit(0)
        except BaseException as error:
            os.write(writing, json.dumps(f"{type(error).__name__}: {error}").encode())
            os._exit(1)
    work.close()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


def kill_everywhere() -> list[dict[str, Any]]:
    """Kill a migrating process before each of its statements, and migrate again."""
    found = []
    for point in range(1, 1000):
        forked(reset())
        code, result = forked(migrate(point))
        if code == 0:
            return found
        half = forked(inspect())[1]
        again = forked(migrate(None))
        found.append({"code": code, "error": result, "half": half, "again": again, "end": forked(inspect())[1]})
    raise AssertionError("a thousand statements were not enough")


def begin_at_once() -> list[tuple[int, Any]]:
    """Twelve processes that wait for one another and then migrate."""
    gate_reading, gate_writing = os.pipe()
    children = []
    for _ in range(12):
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.close(gate_writing)
            os.read(gate_reading, 1)
            try:
                os.write(writing, json.dumps(asyncio.run(migrate(None))).encode())
                os._exit(0)
            except BaseException as error:
                os.write(writing, json.dumps(f"{type(error).__name__}: {error}").encode())
                os._exit(1)
        os.close(writing)
        children.append((child, reading))
    os.close(gate_writing)
    results = []
    for child, reading in children:
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        results.append((os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), json.loads(text)))
    return results


if __name__ == "__main__":
    outcome: Any = kill_everywhere() if sys.argv[1] == "kill" else [begin_at_once(), forked(inspect())[1]]
    json.dump(outcome, sys.stdout)
