"""The packages of the workspace, discovered: a new folder is tested at once."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Package(NamedTuple):
    """One distribution of the workspace."""

    name: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.module

    @property
    def is_plugin(self) -> bool:
        return self.folder.parent.name == "plugins"

    @property
    def plugins(self) -> dict[str, str]:
        entries: dict[str, str] = self.manifest["project"].get("entry-points", {}).get("glueful.plugins", {})
        return entries


def packages() -> list[Package]:
    folders = [ROOT / "hookspecs", ROOT / "registry", ROOT / "kernel", *sorted((ROOT / "plugins").iterdir())]
    found = []
    for folder in folders:
        if (folder / "pyproject.toml").exists():
            manifest = tomllib.loads((folder / "pyproject.toml").read_text())
            found.append(Package(manifest["project"]["name"], folder, manifest))
    return found


PACKAGES = packages()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "package" in metafunc.fixturenames:
        metafunc.parametrize("package", PACKAGES, ids=lambda package: package.name)
    if "plugin_package" in metafunc.fixturenames:
        chosen = [package for package in PACKAGES if package.is_plugin]
        metafunc.parametrize("plugin_package", chosen, ids=lambda package: package.name)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def all_packages() -> list[Package]:
    return PACKAGES
