"""Time of ``glueful --version``, ``glueful --help`` and of building the application, beside ``litestar`` itself.

Run: ``python benchmarks/kernel/start_up.py [ROUNDS]``.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
BUILD = "import applications; applications.{}()"
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "glueful --version": [str(BIN / "glueful"), "--version"],
    "litestar version": [str(BIN / "litestar"), "version"],
    "glueful --help": [str(BIN / "glueful"), "--help"],
    "litestar --help": [str(BIN / "litestar"), "--help"],
    "build raw": [sys.executable, "-c", BUILD.format("raw")],
    "build kernel": [sys.executable, "-c", BUILD.format("kernel")],
    "build all_plugins": [sys.executable, "-c", BUILD.format("all_plugins")],
}


def main(rounds: int = 7) -> None:
    environment = {**os.environ, "LITESTAR_APP": "applications:raw", "PYTHONDONTWRITEBYTECODE": ""}
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            env = dict(environment)
            if name.startswith("glueful"):
                del env["LITESTAR_APP"]
            begin = time.perf_counter()
            subprocess.run(command, cwd=HERE, env=env, check=True, capture_output=True)
            if number:
                times[name].append(time.perf_counter() - begin)
    for name, figures in times.items():
        print(f"{name:20} {statistics.median(figures) * 1000:7.0f} ms  (min {min(figures) * 1000:.0f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
