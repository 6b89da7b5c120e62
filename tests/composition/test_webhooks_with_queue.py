"""Where glueful-queue is active, its processes deliver webhooks: one worker command for the operator.

Where glueful-redis is, they hear of new ones at once, and need not poll.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

APP = """
import msgspec
from glueful_kernel import create_app
from glueful_orm import transaction
from glueful_webhooks import Webhook, webhook_event
from litestar import post

@webhook_event("user.created")
class UserCreated(msgspec.Struct):
    "Somebody signed up."
    id: int

@post("/users")
async def sign_up() -> None:
    await Webhook.dispatch(UserCreated(id=7))

app = create_app([sign_up], only=["orm", "http", "webhooks", "queue", "redis"])
"""
GLUEFUL = str(Path(sys.executable).parent / "glueful")
AGENT = re.compile(rb"(?i)user-agent: (\S+)")


class Receiver:
    """Keeps who sent what."""

    def __init__(self) -> None:
        self.agents: asyncio.Queue[str] = asyncio.Queue()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
                await writer.drain()
                self.agents.put_nowait(AGENT.findall(head)[0].decode())
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    yield found
    server.close()


@pytest.fixture
async def start(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Callable[..., Any]]:
    """Starts ``glueful`` with these arguments; the name is what its webhooks come from."""
    (tmp_path / "app.py").write_text(APP)
    environment = {
        "PATH": os.environ["PATH"],
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
        "GLUEFUL_ORM__URL": f"sqlite:///{tmp_path / 'test.sqlite3'}",
        "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
        "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": json.dumps(["k" * 32]),
        "GLUEFUL_WEBHOOKS__POLL_SECONDS": "0.1",
    }
    running = []

    async def start(name: str, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            GLUEFUL,
            *arguments,
            cwd=tmp_path,
            env=environment | {"GLUEFUL_WEBHOOKS__USER_AGENT": name} | more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        running.append(process)
        return process

    async def run(*arguments: str) -> None:
        process = await start("setup", *arguments)
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()

    await run("db", "migrate")
    await run("webhooks", "subscribe", "*", receiver.url)
    yield start
    for process in running:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def until_line(process: asyncio.subprocess.Process, words: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, "the process ended"
    return line


async def sign_up(line: str) -> None:
    import httpx2

    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(re.findall(r"http://127\.0\.0\.1:\d+", line)[0] + "/users")
    assert answer.status_code == 201, answer.text


async def test_glueful_queue_work_delivers_webhooks_and_web_processes_do_not(
    start: Callable[..., Any], receiver: Receiver
) -> None:
    worker = await start("worker", "queue", "work")
    assert "webhooks.deliveries" in await until_line(worker, "working on")
    web = await start("web", "serve", "--port", "0", GLUEFUL_QUEUE__RUN_WORKER="never")
    address = await until_line(web, "running on")

    for _ in range(5):
        await sign_up(address)
    async with asyncio.timeout(20):
        agents = {await receiver.agents.get() for _ in range(5)}

    assert agents == {"worker"}
    worker.terminate()
    assert await worker.wait() == 0


async def test_a_web_process_delivers_where_the_queue_lets_it_work(
    start: Callable[..., Any], receiver: Receiver
) -> None:
    web = await start("web", "serve", "--port", "0", GLUEFUL_WEBHOOKS__RUN_WORKER="false")
    address = await until_line(web, "running on")

    await sign_up(address)

    async with asyncio.timeout(20):
        assert await receiver.agents.get() == "web"


async def test_a_worker_hears_over_redis_what_another_process_committed(
    start: Callable[..., Any], receiver: Receiver, redis_url: str
) -> None:
    """It would poll in an hour."""
    variables = {"GLUEFUL_REDIS__URL": redis_url, "GLUEFUL_WEBHOOKS__POLL_SECONDS": "3600"}
    worker = await start("worker", "queue", "work", **variables)
    await until_line(worker, "working on")
    web = await start("web", "serve", "--port", "0", GLUEFUL_QUEUE__RUN_WORKER="never", **variables)
    address = await until_line(web, "running on")

    for _ in range(2):
        await sign_up(address)
        async with asyncio.timeout(20):
            assert await receiver.agents.get() == "worker"
