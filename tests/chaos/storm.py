"""The processes of a chaos run: web processes, workers, servers; and what happens to them."""

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from receiver import Receiver

HERE = Path(__file__).parent
GLUEFUL = str(Path(sys.executable).parent / "glueful")
TIMEOUT_SECONDS, LEASE_SECONDS = 1.0, 5.0
MOST_RETRIES = 200
START_SECONDS = 60.0


class Server(Protocol):
    """A server that can be stopped and started again."""

    url: str

    def start(self) -> None: ...
    def stop(self, how: signal.Signals) -> None: ...


def environment(database_url: str, redis_url: str, shipped: Path) -> dict[str, str]:
    """Settings of every process: those of production, with shorter times.

    Args:
        database_url: of PostgreSQL.
        redis_url: where jobs wait.
        shipped: file into which jobs write.
    """
    return {
        "PATH": os.environ["PATH"],
        "GLUEFUL_APP": "application:app",
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
        "GLUEFUL_ORM__URL": database_url,
        "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
        "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": json.dumps(["k" * 32]),
        "GLUEFUL_REDIS__URL": redis_url,
        "GLUEFUL_QUEUE__RUN_WORKER": "never",
        "GLUEFUL_QUEUE__LEASE_SECONDS": str(LEASE_SECONDS),
        "GLUEFUL_QUEUE__SWEEP_SECONDS": "1",
        "CHAOS_SHIPPED": str(shipped),
        "GLUEFUL_WEBHOOKS__TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        "GLUEFUL_WEBHOOKS__LEASE_SECONDS": str(LEASE_SECONDS),
        "GLUEFUL_WEBHOOKS__POLL_SECONDS": "0.2",
        "GLUEFUL_WEBHOOKS__RETRY_DELAYS": json.dumps([1] * MOST_RETRIES),
        "GLUEFUL_WEBHOOKS__DISABLE_AFTER_DAYS": "0",
    }


@dataclass
class Processes:
    """Starts ``glueful`` in processes, and knows when which was killed.

    Args:
        variables: their environment.
        folder: for what they print.
    """

    variables: dict[str, str]
    folder: Path
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    killed_at: dict[str, float] = field(default_factory=dict)
    _count: int = 0

    async def run(self, *command: str) -> str:
        """Run a command to its end; what it printed."""
        process = await asyncio.create_subprocess_exec(
            *command, cwd=HERE, env=self.variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        if process.returncode:
            raise RuntimeError(err.decode())
        return out.decode()

    async def start(self, kind: str, *arguments: str) -> str:
        """Start a process; its name, which it sends as its ``User-Agent``."""
        self._count += 1
        name = f"{kind}-{self._count}"
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = await asyncio.create_subprocess_exec(
                GLUEFUL,
                *arguments,
                cwd=HERE,
                env={**self.variables, "GLUEFUL_WEBHOOKS__USER_AGENT": name},
                stdout=log,
                stderr=log,
            )
        return name

    async def serve(self) -> tuple[str, str]:
        """Start a web process; its name and its address, once it listens."""
        name = await self.start("web", "serve", "--port", "0")
        log, deadline = self.folder / f"{name}.log", time.monotonic() + START_SECONDS
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
            if self.running[name].returncode is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            await asyncio.sleep(0.05)
        return name, found[0]

    async def kill(self, name: str) -> None:
        """End a process by SIGKILL."""
        process = self.running.pop(name)
        # Before the signal: what it stores after this moment it may still have stored.
        self.killed_at[name] = time.monotonic()
        process.kill()
        await process.wait()

    async def stop(self) -> list[str]:
        """End all by SIGTERM; what those that failed printed."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            await asyncio.wait_for(process.wait(), 60)
        # Uvicorn ends by the signal that it got.
        failed = [name for name, one in self.running.items() if one.returncode not in (0, -signal.SIGTERM)]
        return [(self.folder / f"{name}.log").read_text() for name in failed]


@dataclass
class Storm:
    """Kills a worker every so often and starts another; kills web processes and restarts servers now and then.

    Args:
        processes: whose.
        receiver: only workers that have sent something are killed: dying while it starts proves nothing.
        work: arguments of a worker.
        chance: decides, by its seed.
        every_seconds: from kill to kill.
    """

    processes: Processes
    receiver: Receiver
    work: Sequence[str]
    chance: random.Random
    every_seconds: float
    web: dict[str, str] = field(default_factory=dict)
    """Names and addresses of web processes."""
    kills: dict[str, int] = field(default_factory=dict)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    async def begin(self, web: int, workers: int) -> None:
        """Start everything."""
        started = await asyncio.gather(*(self.processes.serve() for _ in range(web)))
        self.web.update(started)
        for _ in range(workers):
            await self.processes.start("worker", *self.work)

    async def blow(self, servers: dict[str, Server], restart_every: int) -> None:
        """Kill a worker every ``every_seconds`` until cancelled; at each ``restart_every``-th, something bigger."""
        turn = 0
        bigger = [*servers, "web"]
        while True:
            await asyncio.sleep(self.every_seconds)
            seen = self.receiver.last_seen
            ready = sorted(name for name in self.processes.running if name in seen and name.startswith("worker"))
            if not ready:
                continue
            await self.processes.kill(self.chance.choice(ready))
            self._counted("worker")
            await self.processes.start("worker", *self.work)
            turn += 1
            if turn % restart_every == 0:
                await self._strike(bigger[(turn // restart_every - 1) % len(bigger)], servers)

    async def _strike(self, what: str, servers: dict[str, Server]) -> None:
        self._counted(what)
        if what == "web":
            name = self.chance.choice(sorted(self.web))
            del self.web[name]
            await self.processes.kill(name)
            self.web.update([await self.processes.serve()])
            return
        gently, hard = (signal.SIGINT, signal.SIGQUIT) if what == "postgres" else (signal.SIGTERM, signal.SIGKILL)
        how = self.chance.choice([gently, hard])
        loop = asyncio.get_running_loop()
        # One thread for all restarts: a server dies with the thread that started it.
        await loop.run_in_executor(self._thread, servers[what].stop, how)
        await asyncio.sleep(self.chance.uniform(0, 0.5))
        await loop.run_in_executor(self._thread, servers[what].start)

    def _counted(self, what: str) -> None:
        self.kills[what] = self.kills.get(what, 0) + 1

    def close(self) -> None:
        """Let the thread of the restarts end; servers that it started end with it."""
        self._thread.shutdown()
