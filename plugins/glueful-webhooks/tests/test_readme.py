"""The example of the README sends a webhook that the library of others verifies."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import standardwebhooks

DRIVER = """
import asyncio, os, svcs
from glueful_orm import Migrator
from glueful_webhooks import Webhooks
from litestar.testing import TestClient

async def prepare() -> None:
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()
        _, key = await Webhook.subscribe("user.*", os.environ["RECEIVER"])
        print(key.text, flush=True)

asyncio.run(prepare())
with TestClient(app) as client:
    assert client.post("/users").status_code == 201
    input()
"""


async def test_the_example_of_the_readme_sends_a_signed_webhook(receiver: Any, tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (example, *_) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    local = '"http": {"allow_localhost": True}, "kernel"'
    alone = 'create_app([sign_up], only=["orm", "http", "webhooks"], '
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        example.replace('"kernel"', local).replace("create_app([sign_up], ", alone) + DRIVER,
        cwd=tmp_path,
        env={"RECEIVER": receiver.url(), "PATH": ""},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

    try:
        await receiver.until(1)
    finally:
        out, err = await process.communicate(b"\n")

    assert process.returncode == 0, err.decode()
    (request,) = receiver.requests
    payload = standardwebhooks.Webhook(out.decode().split()[0]).verify(request.body, request.headers)
    assert (payload["type"], payload["data"]) == ("user.created", {"id": 7})
