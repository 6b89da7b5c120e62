"""Built wheels in an empty environment: ten lines send a signed webhook, which other libraries verify elsewhere."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = ["orm", "http", "webhooks", "redis"]
EXAMPLE = re.findall(r"```python\n(.*?)```", (ROOT / "plugins/glueful-webhooks/README.md").read_text(), re.DOTALL)[0]
RECEIVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
import standardwebhooks, svix.webhooks

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = dict(self.headers.items())
        svix.webhooks.Webhook(server.key).verify(body, headers)
        verified = standardwebhooks.Webhook(server.key).verify(body, headers)
        self.send_response(204)
        self.end_headers()
        print(json.dumps(verified), flush=True)

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.key = sys.stdin.readline().strip()
server.handle_request()
"""


@pytest.fixture(scope="module")
def environment(install: Callable[..., Path]) -> Path:
    """What ``pip install glueful-kernel glueful-webhooks`` installs, and the plugin for Redis, from wheels."""
    return install("hookspecs", "registry", "kernel", *(f"plugins/glueful-{name}" for name in PLUGINS)) / "glueful"


@pytest.fixture
async def receiver() -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that has none of our packages' code at work: it verifies with the libraries of others."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECEIVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.fixture
def variables(servers: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """What the environment says: nothing of servers, or where they are."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
        **servers,
    }


@pytest.fixture
def glueful(environment: Path, variables: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    example = EXAMPLE.replace(', settings={"kernel": {"environment": "development"}}', "")
    assert len(example.splitlines()) < 20
    (tmp_path / "app.py").write_text(example)

    async def start(*arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            str(environment),
            *arguments,
            cwd=tmp_path,
            env=variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    return start


async def test_ten_lines_send_a_webhook_that_two_other_libraries_verify(
    glueful: Callable[..., Any], receiver: asyncio.subprocess.Process
) -> None:
    async def run(*arguments: str) -> str:
        process = await glueful(*arguments)
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
        return str(out.decode())

    assert receiver.stdout is not None
    assert receiver.stdin is not None
    port = int(await receiver.stdout.readline())
    await run("db", "migrate")
    said = await run("webhooks", "subscribe", "user.*", f"http://127.0.0.1:{port}/hooks")
    receiver.stdin.write(re.findall(r"whsec_\S+", said)[0].encode() + b"\n")
    server = await glueful("serve", "--port", "0")
    try:
        async with asyncio.timeout(60):
            while not (found := re.search(rb"http://127\.0\.0\.1:\d+", line := await server.stdout.readline())):
                assert line, "the server ended"
            async with httpx2.AsyncClient(trust_env=False) as client:
                assert (await client.post(f"{found[0].decode()}/users")).status_code == 201
            verified = json.loads(await receiver.stdout.readline())
    finally:
        server.terminate()
        await server.communicate()

    assert (verified["type"], verified["data"]) == ("user.created", {"id": 7})
