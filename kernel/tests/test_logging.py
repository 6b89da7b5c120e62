"""Lines of the log, as an operator finds them in a file."""

import json
import subprocess
import sys

import pytest

CODE = """
import logging, structlog
from glueful_kernel.logging import configure

configure({environment!r}, "INFO")

def fail():
    password = "canary"
    raise ValueError("boom")

for name, logger in (("ours", structlog.stdlib.get_logger("ours")), ("theirs", logging.getLogger("theirs"))):
    try:
        fail()
    except ValueError:
        logger.exception("failed")
logging.getLogger("server").info("ready", extra={{"color_message": "\\x1b[36mready"}})
"""


def logged(environment: str) -> str:
    command = [sys.executable, "-c", CODE.format(environment=environment)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_traceback_has_no_local_variables_and_a_file_no_colours(environment: str) -> None:
    lines = logged(environment)

    assert lines.count('"exc_value": "boom"' if environment == "production" else "\nValueError: boom") == 2
    assert "canary" not in lines
    assert "\x1b" not in lines
    assert "u001b" not in lines


def test_in_production_each_line_is_one_object_also_those_of_other_libraries() -> None:
    lines = [json.loads(line) for line in logged("production").splitlines()]

    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("ours", "error", "failed"),
        ("theirs", "error", "failed"),
        ("server", "info", "ready"),
    ]
    assert all(line["exception"][0]["exc_type"] == "ValueError" for line in lines[:2])
