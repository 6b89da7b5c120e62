"""Faults of workers and enqueuers: signals, and jobs that do not leave their process alone."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from glueful_queue import FailedJob
from glueful_queue.outbox import Outbox

SCRIPT = Path(__file__).with_name("worker_process.py")
LEASE = 1.0
BOUND = LEASE + 0.2 + 1.5
"""Lease, sweep, and what a loaded machine needs."""
pytestmark = pytest.mark.xdist_group("queue-processes")


async def test_kill_9_of_a_worker_before_the_start_in_the_middle_and_after_the_effect(
    processes: Any, keeper: Any, jobs: Any, queues: Any
) -> None:
    await processes.start()
    keeper()
    await (await jobs.note.enqueue("dies before its start")).result(30)
    await (await jobs.dies_in_the_middle.enqueue("middle")).result(30)
    await (await jobs.dies_after_its_effect.enqueue("after")).result(30)

    assert processes.lines() == [
        "dies before its start",
        "middle begins",
        "middle begins",
        "middle ends",
        *["after"] * 2,
    ]
    assert await FailedJob.where().count() == 0


async def test_the_job_of_a_killed_worker_runs_again_within_the_stated_bound(processes: Any, jobs: Any) -> None:
    handle = await jobs.slow.enqueue("slow", 60.0)
    killed = await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"])
    await processes.start()
    killed.kill()

    took = await processes.until(lambda: processes.lines() == ["slow begins"] * 2)

    assert took < BOUND
    assert (await handle.job()).attempts == 2


async def test_a_worker_that_was_stopped_for_twice_its_lease_cannot_overwrite(processes: Any, jobs: Any) -> None:
    handle = await jobs.slow.enqueue("slow", 2.5)
    stopped = await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"])
    stopped.send_signal(signal.SIGSTOP)
    second = await processes.start()
    await processes.until(lambda: processes.lines() == ["slow begins"] * 2)
    stopped.send_signal(signal.SIGCONT)

    assert await handle.result(20) == second.pid
    await processes.until(lambda: processes.lines().count("slow ends") == 2)
    await processes.until(lambda: any("counts no more" in line for line in processes.said()))
    found = await handle.job()

    assert found.attempts == 2
    assert found.worker_id is None
    assert found.result == second.pid
    assert stopped.poll() is None


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_poison_that_ends_its_process_or_never_yields_fails_after_its_attempts_and_others_run(
    kind: str, processes: Any, keeper: Any, jobs: Any
) -> None:
    poison = [await jobs.exits.enqueue("exits"), await jobs.spins.enqueue("spins")]
    await processes.start()
    keeper()
    bystanders = [await jobs.note.enqueue(f"bystander {number}") for number in range(3)]

    failed: dict[str, Any] = {}
    async with asyncio.timeout(60):
        while len(failed) < 2:
            failed = {row.key: row async for row in _failed()}
            await asyncio.sleep(0.05)
        for handle in bystanders:
            await handle.result()

    assert {handle.key for handle in poison} == set(failed)
    assert {row.reason for row in failed.values()} == {"lost"}
    counted = Counter(processes.lines())
    assert 1 <= counted["exits"] <= 4
    assert 1 <= counted["spins"] <= 4
    assert {row.attempts for row in failed.values()} == {4}


def memory_bytes(process: "subprocess.Popen[bytes]") -> int:
    """What a process has in memory; 0 when it has ended."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * resource.getpagesize()
    return 0


async def kill_the_greedy(processes: Any, most_bytes: int) -> None:
    """What a system does that runs out of memory: SIGKILL, without a word, to whoever has too much of it."""
    while True:
        for process in processes.running:
            if process.poll() is None and memory_bytes(process) > most_bytes:
                process.kill()
        await asyncio.sleep(0.005)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("kind", "limit", "piece_bytes", "reason"),
    [
        ("sqlite", "refused", 10_000_000, "error"),
        ("sqlite", "refused", 1_000, "error"),
        ("redis", "killed", 10_000_000, "lost"),
    ],
    ids=["refused, large pieces", "refused, small pieces", "killed"],
)
async def test_poison_that_eats_all_memory_fails_after_its_attempts_and_others_run(
    kind: str, limit: str, piece_bytes: int, reason: str, processes: Any, keeper: Any, jobs: Any
) -> None:
    """A limit of the process makes Python raise MemoryError; that of a container kills."""
    killer = None
    first = await processes.start(**({"WORKER_MEMORY_MB": "200"} if limit == "refused" else {}))
    if limit == "killed":
        killer = asyncio.create_task(kill_the_greedy(processes, memory_bytes(first) + 200_000_000))
    keeper()
    poison = await jobs.eats.enqueue("eats", piece_bytes, 2_000_000_000)
    bystanders = [await jobs.note.enqueue(f"bystander {number}") for number in range(3)]

    try:
        await processes.until_async(lambda: FailedJob.where(key=poison.key).exists(), 60)
        for handle in bystanders:
            await handle.result(30)
        await (await jobs.note.enqueue("afterwards")).result(30)
    finally:
        if killer is not None:
            killer.cancel()

    (failed,) = await FailedJob.all()
    assert (failed.reason, failed.attempts) == (reason, 3)
    assert ("MemoryError" in failed.error) == (limit == "refused")
    counted = Counter(processes.lines())
    assert (counted["eats"], counted["eats found no limit"], counted["afterwards"]) == (3, 0, 1)
    assert (first.poll() is None) == (limit == "refused"), "a refusal costs no worker"


async def _failed() -> AsyncIterator[Any]:
    for row in await FailedJob.where(name__in=["process.exits", "process.spins"]):
        yield row


async def test_kill_9_of_the_enqueuer_between_its_commit_and_the_enqueueing(
    processes: Any, jobs: Any, queues: Any, database_url: str
) -> None:
    code = f"""
import asyncio, os, runpy, sys
sys.argv = ["worker_process.py"]
jobs = runpy.run_path({str(SCRIPT)!r})
from glueful_orm import connect, transaction
from glueful_queue import DatabaseQueue, Queues, QueueSettings
from glueful_queue.binding import bind

async def main():
    async with connect({database_url!r}) as engine:
        is_transactional = {queues.is_transactional!r}
        bind(Queues(QueueSettings(), lambda name: DatabaseQueue(engine, name), is_transactional=is_transactional))
        async with transaction():
            await jobs["note"].using(outbox=True).enqueue("committed")
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await killed.wait() == -signal.SIGKILL

    await Outbox(queues).relay()
    await processes.start()

    await processes.until(lambda: processes.lines() == ["committed"])


# --- signals ---


APP = """
import time
from glueful_kernel import create_app
from glueful_queue import job

@job(name="nap", timeout=0)
def nap(seconds: float) -> None:
    with open("effects", "a") as out: out.write("begins\\n")
    time.sleep(seconds)
    with open("effects", "a") as out: out.write("ends\\n")

app = create_app()
"""


@pytest.fixture
def installed(tmp_path: Path, others: str) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """``glueful`` in a folder with an application, as a process."""
    (tmp_path / "app.py").write_text(APP)
    environment = {"PATH": os.environ["PATH"], "GLUEFUL_PLUGINS__DISABLED": others}
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "glueful_kernel.cli", *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_sigterm_of_an_idle_worker_with_short_and_long_jobs_and_a_second_sigterm(
    kind: str, installed: Any, tmp_path: Path, effects: Any
) -> None:
    from glueful_orm import connect
    from glueful_queue import DatabaseQueue

    assert installed("db", "migrate").wait(60) == 0
    url = f"sqlite:///{tmp_path / 'glueful.sqlite3'}"

    def working(*options: str) -> "subprocess.Popen[str]":
        process = installed("queue", "work", *options)
        assert process.stdout is not None
        assert "working on" in process.stdout.readline()
        return process  # type: ignore[no-any-return]

    def told_to_stop(process: "subprocess.Popen[str]") -> float:
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(30) == 0
        return time.monotonic() - began

    assert told_to_stop(working("--grace", "60")) < 3, "with the end of the interpreter, on a loaded machine"

    async with connect(url) as engine:
        queue = DatabaseQueue(engine)
        await queue.enqueue("nap", key="short", seconds=0.8, retries=3)
        process = working("--grace", "60")
        await effects.until(["begins"])
        await asyncio.to_thread(told_to_stop, process)
        assert effects.lines() == ["begins", "ends"]
        short = await queue.job("short")
        assert short is not None
        assert short.status == "complete"

        (tmp_path / "effects").unlink()
        await queue.enqueue("nap", key="long", seconds=60, retries=3)
        process = working("--grace", "60")
        await effects.until(["begins"])
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert process.poll() is None
        assert await asyncio.to_thread(told_to_stop, process) < 4
        found = await queue.job("long")
        assert found is not None
        assert (found.status, found.attempts) == ("queued", 0)
