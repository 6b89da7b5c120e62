"""Requests per second of Litestar, of the kernel alone and of the kernel with plugins idle.

One server process on one core, the client on another; variants in turn, round after round, so that a machine that
changes its speed changes it for all. Run: ``python benchmarks/kernel/requests_per_second.py [ROUNDS] [SECONDS]``.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
VARIANTS = ("raw", "kernel", "without_edge", "all_plugins")


def on_core(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if sys.platform == "linux" and (os.cpu_count() or 1) > 1 else []


def serve(variant: str, port: int) -> "subprocess.Popen[bytes]":
    options = ["--factory", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--no-access-log"]
    command = [*on_core(0), sys.executable, "-m", "uvicorn", f"applications:{variant}", *options]
    process = subprocess.Popen(command, cwd=HERE)
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            raise SystemExit(f"{variant} did not start")
        time.sleep(0.05)
    raise SystemExit(f"{variant} did not answer")


def measure(port: int, seconds: float) -> float:
    command = [*on_core(1), sys.executable, str(HERE / "load.py"), str(port), "/ping", str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(rounds: int = 7, seconds: float = 2.0) -> None:
    ports = {variant: 8_700 + index for index, variant in enumerate(VARIANTS)}
    servers: list[subprocess.Popen[bytes]] = []
    results: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    try:
        servers.extend(serve(variant, port) for variant, port in ports.items())
        for port in ports.values():
            measure(port, 0.5)
        for number in range(rounds):
            order = VARIANTS if number % 2 == 0 else VARIANTS[::-1]
            for variant in order:
                results[variant].append(measure(ports[variant], seconds))
    finally:
        for server in servers:
            server.terminate()
    print(f"{'':12} {'req/s (median)':>14} {'min':>8} {'max':>8}  ratio to raw, round by round (median)")
    for variant, figures in results.items():
        ratios = [figure / raw for figure, raw in zip(figures, results["raw"], strict=True)]
        print(
            f"{variant:12} {statistics.median(figures):14.0f} {min(figures):8.0f} {max(figures):8.0f}"
            f"  {statistics.median(ratios):.3f}"
        )


if __name__ == "__main__":
    main(*(float(a) if "." in a else int(a) for a in sys.argv[1:]))
