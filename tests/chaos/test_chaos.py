"""A small run of ``run.py``, which CONTRIBUTING describes; a large one has ten thousand events."""

import asyncio
import re
import sys
from pathlib import Path


async def test_webhooks_and_jobs_keep_their_promises_while_everything_is_killed() -> None:
    script = str(Path(__file__).parent / "run.py")
    options = ["--events", "250", "--seed", "7", "--restart-every", "2", "--limit", "240"]

    process = await asyncio.create_subprocess_exec(
        sys.executable, script, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()

    said = out.decode()
    assert process.returncode == 0, said
    assert re.search(r"^kept$", said, re.MULTILINE)
    assert re.search(r"^killed or restarted: .*'worker': [1-9].*'postgres': [1-9]", said, re.MULTILINE), said
    assert int(re.findall(r"^acknowledged: (\d+)$", said, re.MULTILINE)[0]) > 150
