"""What users get: built wheels in an empty environment, outside the repository."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["hookspecs", "registry", "kernel", "plugins/glueful-health", "plugins/glueful-resources"]


@pytest.fixture(scope="module")
def environment(install: Callable[..., Path]) -> Path:
    """The commands of an environment with the kernel and two plugins, installed from wheels."""
    return install(*PACKAGES)


@pytest.fixture
def glueful(environment: Path, tmp_path: Path) -> Any:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(environment / "glueful"), *arguments]
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)

    return run


def test_the_command_says_the_truth(glueful: Any, environment: Path) -> None:
    assert glueful("--version").stdout == "glueful 0.1.0\n"
    plugin, resources = json.loads(glueful("plugin", "list", "--json").stdout)["plugins"]
    assert (resources["name"], resources["state"]) == ("resources", "active")
    assert (plugin["name"], plugin["state"], plugin["distribution"]) == ("health", "active", "glueful-health")
    assert plugin["location"].startswith(str(environment.parent))
    assert glueful("plugin", "graph").stdout == "health\nresources\n"
    assert re.search(r"^glueful_routes +contribution +0\.1 +health$", glueful("plugin", "hooks").stdout, re.MULTILINE)
    assert glueful("plugin", "doctor").stdout.startswith("ok  health 0.1.0: active\n")
    assert "health.path" in glueful("config", "show").stdout


@pytest.fixture
def served(environment: Path, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "app.py").write_text(
        "from glueful_kernel import create_app\nfrom glueful_resources import Resource\nfrom litestar import get\n\n"
        "class Pong(Resource[dict[str, bool]]):\n    ok: bool\n\n"
        '@get("/ping")\nasync def ping() -> Pong:\n    return Pong({"ok": True})\n\n'
        "app = create_app([ping])\n"
    )
    command = [str(environment / "glueful"), "serve", "--port", "0"]
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    process = subprocess.Popen(command, cwd=tmp_path, env=clean, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    deadline = time.monotonic() + 30
    try:
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    finally:
        process.kill()


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url) as response:
        return json.load(response)


def test_ten_lines_are_served(served: str) -> None:
    assert fetch(f"{served}/ping") == {"data": {"ok": True}}
    assert fetch(f"{served}/health/ready") == {"status": "pass"}


def test_wheels_hold_types_and_migrations_and_nothing_else(environment: Path) -> None:
    from zipfile import ZipFile

    wheels = list((environment.parents[1] / "dist").glob("*.whl"))
    assert len(wheels) == len(PACKAGES)
    for wheel in wheels:
        names = ZipFile(wheel).namelist()
        package = wheel.name.partition("-")[0]
        assert f"{package}/py.typed" in names
        assert [name for name in names if not name.startswith((f"{package}/", f"{package}-"))] == []


def test_a_wheel_that_is_built_again_has_the_same_bytes(tmp_path: Path) -> None:
    wheels = []
    for folder in ("first", "second"):
        command = ["uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / folder), str(ROOT / "registry")]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1735689600"}
        subprocess.run([sys.executable, "-m", *command], check=True, env=environment)
        (wheel,) = (tmp_path / folder).glob("*.whl")
        wheels.append(wheel.read_bytes())

    assert wheels[0] == wheels[1]
