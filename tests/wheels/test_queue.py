"""Built wheels in an empty environment: one process serves and enqueues, another one works, a third one says so."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["hookspecs", "registry", "kernel", "plugins/glueful-orm", "plugins/glueful-queue", "plugins/glueful-redis"]
EXAMPLE = re.findall(r"```python\n(.*?)```", (ROOT / "plugins/glueful-queue/README.md").read_text(), re.DOTALL)[0]
JOB = b"to ada@example.com: Welcome\n"


@pytest.fixture(scope="module")
def environment(install: Callable[..., Path]) -> Path:
    """What ``pip install glueful-kernel glueful-queue`` installs, and the plugin for Redis, from wheels."""
    return install(*PACKAGES) / "glueful"


@pytest.fixture
def variables(servers: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """What the environment says: nothing of servers, or where they are; the process that serves does not work."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
        "GLUEFUL_QUEUE__RUN_WORKER": "never",
        **servers,
    }


@pytest.fixture
def glueful(environment: Path, variables: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """``async with glueful("serve") as process:`` runs a command, and stops it at the end."""
    (tmp_path / "app.py").write_text(EXAMPLE.replace(', settings={"kernel": {"environment": "development"}}', ""))

    @asynccontextmanager
    async def start(
        *arguments: str, stderr: int = asyncio.subprocess.STDOUT
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            str(environment),
            *arguments,
            cwd=tmp_path,
            env=variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()

    return start


async def line_with(process: asyncio.subprocess.Process, pattern: bytes) -> bytes:
    """The first line of a process that fits."""
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(30):
        while line := await process.stdout.readline():
            said += line
            if found := re.search(pattern, line):
                return found[0]
    raise AssertionError(said.decode())


async def test_what_one_process_enqueues_another_one_runs(glueful: Callable[..., Any]) -> None:
    async def said(*arguments: str) -> str:
        async with glueful(*arguments, stderr=asyncio.subprocess.PIPE) as process:
            out, log = await process.communicate()
            assert process.returncode == 0, log.decode()
            return str(out.decode())

    async def stats() -> tuple[int, int, int]:
        (found,) = json.loads(await said("queue", "stats", "--json"))
        return found["queued"], found["active"], found["workers"]

    await said("db", "migrate")
    async with glueful("serve", "--port", "0") as server:
        address = await line_with(server, rb"http://127\.0\.0\.1:\d+")
        async with httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(2):
                assert (await client.post(f"{address.decode()}/users")).status_code == 201
        assert await stats() == (2, 0, 0)

        async with glueful("queue", "work") as worker:
            await line_with(worker, rb"working on queue\.default")
            for _ in range(2):
                assert await line_with(worker, JOB) == JOB
            async with httpx2.AsyncClient(trust_env=False) as client:
                assert (await client.post(f"{address.decode()}/users")).status_code == 201
            assert await line_with(worker, JOB) == JOB
            assert await stats() == (0, 0, 1)
            worker.terminate()
            assert await worker.wait() == 0
