"""A small run of ``benchmarks/queue/kill_workers.py`` on each broker, all at once; a large one has a thousand kills."""

import asyncio
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "queue" / "kill_workers.py"


async def kill(kind: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(SCRIPT), "25", kind), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_workers_that_are_killed_again_and_again_lose_no_job_on_any_broker() -> None:
    for status, said in await asyncio.gather(*map(kill, ["sqlite", "postgres", "redis"])):
        assert status == 0, said
        assert "25 kills, 125 jobs" in said
        assert "0 effects missing" in said
