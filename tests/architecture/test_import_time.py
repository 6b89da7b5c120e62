"""Importing a plugin's module must not import what it brings: `glueful --help` pays for all plugins."""

import subprocess
import sys
from typing import Any

HEAVY = (
    "litestar",
    "piccolo",
    "asyncpg",
    "svcs",
    "joserfc",
    "pwdlib",
    "argon2",
    "cryptography",
    "httpx",
    "uvicorn",
    "redis",
)


def test_a_plugin_module_imports_nothing_heavy(plugin_package: Any) -> None:
    (target,) = plugin_package.plugins.values()
    code = f"import sys, {target.partition(':')[0]}; print([m for m in {HEAVY!r} if m in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n"
