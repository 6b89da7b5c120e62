"""A worker in a process of its own, for tests that kill it.

``worker_process.py KIND DATABASE_URL REDIS_URL FILE LEASE``

Each job appends a line to FILE with ``O_APPEND``, which judges: it is not ours.

``WORKER_MEMORY_MB`` in the environment is how much more memory than at its start the process may use,
``WORKER_CLOCK_HOURS`` how far its clock is from everybody else's; with ``WORKER_PACE=default`` it has the periods of
the settings.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

KIND, DATABASE_URL, REDIS_URL, FILE, LEASE = sys.argv[1:6] if len(sys.argv) > 5 else ("", "", "", "", "2")

from glueful_queue import Backoff, JobContext, job  # noqa: E402 - the arguments come first


def append(line: str) -> None:
    descriptor = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@job(name="process.note", retries=5, backoff=0.1)
async def note(text: str) -> None:
    append(text)


@job(name="process.dies_in_the_middle", retries=5, backoff=0.1, timeout=0)
async def dies_in_the_middle(context: JobContext, text: str) -> None:
    append(f"{text} begins")
    if context.attempt == 1:
        die()
    append(f"{text} ends")


@job(name="process.dies_after_its_effect", retries=5, backoff=0.1, timeout=0)
async def dies_after_its_effect(context: JobContext, text: str) -> None:
    append(text)
    if context.attempt == 1:
        die()


@job(name="process.exits", retries=4, backoff=0.1, timeout=0)
async def exits(text: str) -> None:
    append(text)
    os._exit(1)


@job(name="process.spins", retries=4, backoff=0.1, timeout=0)
async def spins(text: str) -> None:
    append(text)
    while True:
        pass


@job(name="process.eats", retries=3, backoff=0.1, timeout=0)
async def eats(text: str, piece_bytes: int, most_bytes: int) -> None:
    append(text)
    hoard = []
    for count in range(most_bytes // piece_bytes):
        hoard.append(b"x" * piece_bytes if count else b"")
        if piece_bytes > 1_000_000:
            await asyncio.sleep(0.01)
    append(f"{text} found no limit")


@job(name="process.slow", retries=5, backoff=0.1, timeout=0)
def slow(text: str, seconds: float) -> int:
    append(f"{text} begins")
    time.sleep(seconds)
    append(f"{text} ends")
    return os.getpid()


@job(name="process.walk", retries=50, backoff=0.1, timeout=0)
async def walk(context: JobContext, text: str, seconds: float) -> None:
    """Takes as long before its effect as after it, and notes who runs which attempt."""
    append(f"{text} begins {context.attempt} {os.getpid()} {time.time():.3f}")
    await asyncio.sleep(seconds)
    append(f"{text} effect {context.attempt} {os.getpid()} {time.time():.3f}")
    await asyncio.sleep(seconds)


class DiesBeforeItsStart:
    """Observers of ``glueful_job_started``: the worker is killed between its claim and the job."""

    async def __call__(self, job: Any) -> None:
        if job.function == "process.walk":
            await asyncio.sleep(job.kwargs["seconds"])  # whoever kills at random shall hit this moment as well
        if job.kwargs.get("text") == "dies before its start" and job.attempts == 1:
            die()


@job(name="process.stumbles", retries=2, backoff=Backoff(1.0, jitter=0.0), timeout=30)
async def stumbles(context: JobContext, text: str, seconds: float) -> None:
    """Fails at first, and then takes a while."""
    append(f"{text} {context.attempt} {time.monotonic():.3f}")
    if context.attempt == 1:
        raise RuntimeError("stumbled")
    await asyncio.sleep(seconds)
    append(f"{text} ends {time.monotonic():.3f}")


def limit_memory(megabytes: int) -> None:
    """Let the system refuse more than this."""
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 1_048_576, resource.RLIM_INFINITY))


def skew_clock(hours: float) -> None:
    """Let every clock of this process but the monotonic one be wrong."""
    import time_machine

    time_machine.travel(time.time() + hours * 3600, tick=True).start()


async def main() -> None:
    from glueful_hookspecs import Secret
    from glueful_orm import connect
    from glueful_queue import DatabaseQueue, JobWorker, Queues, QueueSettings
    from glueful_queue.binding import bind
    from glueful_queue.redis_queue import RedisQueue
    from glueful_queue.watchdog import Watchdog

    lease = float(LEASE)
    pace: dict[str, Any] = (
        {} if os.environ.get("WORKER_PACE") == "default" else {"sweep_seconds": 0.2, "poll_seconds": 0.1}
    )
    settings = QueueSettings(lease_seconds=lease, **pace)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(connect(DATABASE_URL))
        clients: Any = None
        if KIND == "redis":
            from glueful_redis import RedisClients, RedisSettings

            clients = RedisClients(RedisSettings(url=Secret(REDIS_URL), prefix="test"))

        def make(name: str) -> Any:
            given = {"lease_seconds": lease, "poll_seconds": settings.poll_seconds}
            if clients is None:
                return DatabaseQueue(engine, name, **given)
            blocking = clients.dedicated(max_connections=5, socket_timeout=5.0, reconnect_seconds=0.0)
            return RedisQueue(clients.shared, blocking, clients.prefix, name, **given)

        queues = Queues(settings, make, is_transactional=KIND != "redis")
        queues.observers.on_started = DiesBeforeItsStart()  # type: ignore[assignment]
        bind(queues)
        worker = JobWorker(queues, queues.broker(), 4)
        Watchdog(lease * 1.5).start()
        if megabytes := os.environ.get("WORKER_MEMORY_MB"):
            limit_memory(int(megabytes))
        Path(f"{FILE}.{os.getpid()}").touch()
        await worker.run()


if __name__ == "__main__":
    if hours := os.environ.get("WORKER_CLOCK_HOURS"):
        skew_clock(float(hours))
    asyncio.run(main())
