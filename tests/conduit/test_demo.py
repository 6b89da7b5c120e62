"""`make demo` after its set-up: migrate, seed, serve; and again."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any


def articles_of(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            with urllib.request.urlopen(f"{found[0]}/api/articles") as response:
                answer: dict[str, Any] = json.load(response)
                return answer
    raise AssertionError("".join(seen))


def test_the_demo_serves_its_seeds_from_a_file_of_any_name_and_the_second_time_as_well(tmp_path: Path) -> None:
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "DATABASE": str(tmp_path / "any name.db")}
    for number in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "conduit.demo"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert articles_of(process)["articlesCount"] == 3
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=20)
        assert "Conduit is served at" in output
        assert ("nothing to migrate" in output) == (number == 1)
