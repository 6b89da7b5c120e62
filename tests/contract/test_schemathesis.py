"""Schemathesis against an application that uses all of validation and resources.

Generation is deterministic: the same requests on every run. Each must be answered without a server error, with a
status, content type and body of the published document; what breaks the document must be refused, what follows it
accepted.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PHASES = "examples,coverage,fuzzing,stateful"
SETTINGS = """
[phases.coverage]
unexpected-methods = []
[checks]
# Unique, Exists, RequiredIf, Date and after() are more than a schema can say: 422 is an honest answer to a valid body.
positive_data_acceptance.expected-statuses = ["2xx", "404", "422"]
# Litestar answers OPTIONS by itself, and names the methods of one handler.
allow_header_conformance.enabled = false
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "uvicorn", "--factory", "bakery:serve", "--app-dir", str(HERE), "--port", "0"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        environment = {**os.environ, "BAKERY": f"sqlite:///{tmp_path / 'bakery.sqlite3'}"}
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        while (found := re.search(r"running on (http://[\d.:]+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found[1]
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(10)


def test_no_server_error_and_no_response_that_contradicts_its_schema(address: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/schema/openapi.json", "--phases", PHASES]
    command += ["--max-examples", "5", "--generation-deterministic", "--suppress-health-check", "all", "--no-color"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    assert result.returncode == 0, result.stdout[-20_000:]
    assert "Tested: 12" in result.stdout, result.stdout
