"""Environments that hold nothing but built wheels, and what they are told of servers."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds wheels and installs them and what they require; returns the folder of the environment's commands."""

    def into_empty_environment(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("wheels")
        uv = [sys.executable, "-m", "uv"]
        for package in packages:
            command = [*uv, "build", "--quiet", "--wheel", "--out-dir", str(folder / "dist"), str(ROOT / package)]
            subprocess.run(command, check=True)
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "env")], check=True)
        wheels = sorted(map(str, (folder / "dist").glob("*.whl")))
        into = ["--quiet", "--python", str(folder / "env/bin/python"), "-c", str(ROOT / "constraints.txt")]
        subprocess.run([*uv, "pip", "install", *into, *wheels], check=True)
        return folder / "env/bin"

    return into_empty_environment


@pytest.fixture(params=["nothing else", "PostgreSQL and Redis"])
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """Environment variables: none, or where the servers are."""
    if request.param == "nothing else":
        return {}
    urls = {"ORM": request.getfixturevalue("postgres_url"), "REDIS": request.getfixturevalue("redis_url")}
    return {f"GLUEFUL_{name}__URL": url for name, url in urls.items()}
