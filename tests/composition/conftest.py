"""Plugins of strangers: real distributions in a folder of their own, and the `glueful` command over them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from glueful_registry import discover


class Installation:
    """A folder of installed distributions beside those of the environment.

    Args:
        folder: empty, writable.
    """

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        self.work = folder / "work"
        self.site.mkdir()
        self.work.mkdir()

    def install(
        self,
        name: str,
        code: str = "",
        *,
        version: str = "1.0",
        plugin: str | None = None,
        requires: Sequence[str] = (),
        extras: dict[str, Sequence[str]] | None = None,
    ) -> Path:
        """Install a distribution with one module of its name, and a plugin in it.

        Args:
            name: of the distribution.
            code: of its module.
            version: of the distribution.
            plugin: name of the entry point, by default the last word of ``name``.
            requires: its requirements.
            extras: requirements by extra.

        Returns:
            the folder of its metadata.
        """
        module = name.lower().replace("-", "_")
        (self.site / f"{module}.py").write_text(code)
        metadata = self.site / f"{module}-{version}.dist-info"
        metadata.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: The {name} plugin"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        for extra, wanted in (extras or {}).items():
            lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {w}; extra == "{extra}"' for w in wanted)]
        (metadata / "METADATA").write_text("\n".join(lines) + "\n")
        (metadata / "RECORD").write_text("")
        entry = plugin or name.lower().rpartition("-")[2]
        (metadata / "entry_points.txt").write_text(f"[glueful.plugins]\n{entry} = {module}\n")
        return metadata

    def run(self, *arguments: str, only: str | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run ``glueful`` in a process of its own.

        Args:
            arguments: of the command.
            only: leave out the installed official plugins but these (comma-separated); None for all.
            variables: of the environment.
        """
        installed = {info.name for info in discover()}
        disabled = ",".join(sorted(installed - set((only or "").split(",")))) if only is not None else ""
        return subprocess.run(
            [sys.executable, "-m", "glueful_kernel.cli", *arguments],
            cwd=self.work,
            env={
                **os.environ,
                "PYTHONPATH": str(self.site),
                **({"GLUEFUL_PLUGINS__DISABLED": disabled} if disabled else {}),
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)
