"""The example of the README runs its job in the process that serves."""

import asyncio
import re
import sys
from pathlib import Path

DRIVER = """
import asyncio, svcs, time
from glueful_orm import Migrator
from litestar.testing import TestClient

async def prepare():
    async with app.lifespan(), svcs.Container(app.state.services) as services:
        await (await services.aget(Migrator)).migrate()

asyncio.run(prepare())
with TestClient(app) as client:
    assert client.post("/users").status_code == 201
    input()
"""


async def test_the_example_of_the_readme_runs_its_job(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (example, *_) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        "-c",
        example.replace('settings={"kernel"', 'only=["queue", "orm"], settings={"kernel"') + DRIVER,
        cwd=tmp_path,
        env={"PATH": ""},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None

    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
    finally:
        _, errors = await process.communicate(b"\n")

    assert line.decode() == "to ada@example.com: Welcome\n", errors.decode()
    assert process.returncode == 0, errors.decode()
