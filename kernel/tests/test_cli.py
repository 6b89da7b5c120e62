"""The `glueful` command, run as its users run it: in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

APP = """
from litestar import get
from glueful_hookspecs import Plugin, hookimpl
from glueful_kernel import create_app
import click

@get("/ping", sync_to_thread=False)
def ping() -> dict[str, bool]:
    return {"ok": True}

class Demo(Plugin):
    @hookimpl
    def glueful_commands(self):
        @click.command("greet")
        @click.argument("name")
        def greet(name):
            "Say hello."
            environment = click.get_current_context().obj.environment
            click.echo(f"hello {name} in {environment}")
        return [greet]

app = create_app([ping], plugins=[Demo()], only=[])
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def glueful(folder: Path) -> Run:
    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "glueful_kernel.cli", *arguments],
            cwd=folder,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_the_version_is_printed(glueful: Run) -> None:
    result = glueful("--version")

    assert (result.returncode, result.stdout) == (0, "glueful 0.1.0\n")


def test_help_names_own_commands_and_those_of_plugins(glueful: Run) -> None:
    result = glueful("--help")

    assert result.returncode == 0
    for command in ("serve", "routes", "plugin", "config", "greet"):
        assert f"  {command} " in result.stdout


def test_a_plugins_command_runs(glueful: Run) -> None:
    assert glueful("greet", "moon").stdout == "hello moon in production\n"


def test_a_plugins_command_runs_the_same_as_one_of_litestar(folder: Path) -> None:
    command = [sys.executable, "-m", "litestar", "--app", "app:app", "greet", "moon"]

    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout.endswith("hello moon in production\n")


def test_an_unknown_command_is_a_usage_error(glueful: Run) -> None:
    result = glueful("serv")

    assert result.returncode == 2
    assert "No such command 'serv'" in result.stderr
    assert "Traceback" not in result.stderr


def test_routes_lists_method_path_and_handler(glueful: Run) -> None:
    routes = json.loads(glueful("routes", "--json").stdout)

    assert {"method": "GET", "path": "/ping", "handler": "app.ping"} in routes


def test_a_broken_application_is_one_line_and_no_traceback(folder: Path, glueful: Run) -> None:
    (folder / "app.py").write_text("import absent_module\n")

    result = glueful("routes")

    assert result.returncode == 1
    assert "app:app: cannot be loaded: ModuleNotFoundError: No module named 'absent_module'" in result.stderr
    assert "Fix: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bad_setting_is_one_line_with_its_source(glueful: Run) -> None:
    result = glueful("config", "show", GLUEFUL_PLUGINS__ON_EROR="quarantine", GLUEFUL_APP="")

    assert result.returncode == 1
    assert "plugins.on_eror (GLUEFUL_PLUGINS__ON_EROR): there is no such setting" in result.stderr
    assert "did you mean on_error?" in result.stderr


REFUSING = """
from glueful_hookspecs import GluefulError, Plugin, hookimpl
from glueful_kernel import create_app

class Refusing(Plugin):
    @hookimpl
    def glueful_startup(self):
        raise {error}

app = create_app(plugins=[Refusing()], only=[])
"""


def test_a_start_that_a_plugin_refuses_is_one_line_that_says_what_to_do(folder: Path, glueful: Run) -> None:
    (folder / "app.py").write_text(REFUSING.format(error="GluefulError('the key is missing', 'set the key')"))

    result = glueful("serve", "--port", "0")

    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert [(line["event"], line["fix"]) for line in lines if line["logger"] == "glueful.lifespan"] == [
        ("refusing: could not start: the key is missing", "set the key")
    ]


def test_a_start_that_fails_unexpectedly_shows_once_where(folder: Path, glueful: Run) -> None:
    (folder / "app.py").write_text(REFUSING.format(error="RuntimeError('boom')"))

    lines = [json.loads(line) for line in glueful("serve", "--port", "0").stderr.splitlines()]

    assert [line["exception"][0]["exc_value"] for line in lines if "exception" in line] == ["boom"]
    assert sum("boom" in json.dumps(line) for line in lines) == 1


def test_serve_answers_and_stops_on_sigterm(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "glueful_kernel.cli", "serve", "--port", str(port)],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert json.loads(fetch(f"http://127.0.0.1:{port}/ping", process)) == {"ok": True}
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors


def fetch(url: str, process: "subprocess.Popen[str]") -> bytes:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as response:
                body: bytes = response.read()
                return body
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "the server does not answer"
