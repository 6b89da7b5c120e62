"""Schemathesis against an application that uses all of validation and resources.

The seed is fixed: the same requests on every run. Each must be answered without a server error, with a status, content
type and body that the published document announces; what breaks the document must be refused, what follows it accepted.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from .bakery import serve

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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bakery")
    config = uvicorn.Config(serve(f"sqlite:///{folder / 'bakery.sqlite3'}"), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the bakery did not open"
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def test_no_server_error_and_no_response_that_contradicts_its_schema(address: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/schema/openapi.json", "--phases", PHASES]
    command += ["--max-examples", "5", "--generation-deterministic", "--suppress-health-check", "all", "--no-color"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    assert result.returncode == 0, result.stdout[-20_000:]
    assert "12 selected / 12 total" in result.stdout, result.stdout
