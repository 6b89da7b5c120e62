"""Requests per second of Litestar, of the kernel alone and of the kernel with plugins idle.

One server process on one core, the client on another. All servers wait at once, and short bursts go to them in turn, in
a new order each round: what changes the machine's speed changes it for all. The processor time that a server used for a
burst is read from the system: it says what a core can do also while others use that core.

Run: ``python benchmarks/kernel/requests_per_second.py [ROUNDS [VARIANT ...]]``.
"""

import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import client
import uvloop

HERE = Path(__file__).parent
VARIANTS = ("raw", "kernel", "without_edge", "all_plugins")
CONNECTIONS, REQUESTS_EACH = 32, 50


def serve(variant: str, port: int) -> "subprocess.Popen[bytes]":
    options = ["--factory", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--no-access-log"]
    options += ["--timeout-keep-alive", "600"]  # a server waits while the others are asked
    core = ["taskset", "-c", "0"] if os.sched_getaffinity(0) > {0} else []
    command = [*core, sys.executable, "-m", "uvicorn", f"applications:{variant}", *options]
    process = subprocess.Popen(command, cwd=HERE)
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            raise SystemExit(f"{variant} did not start")
        time.sleep(0.05)
    raise SystemExit(f"{variant} did not answer")


def processor_seconds(process: "subprocess.Popen[bytes]") -> float:
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")) / 1e9


async def measure(servers: "dict[str, subprocess.Popen[bytes]]", ports: dict[str, int], rounds: int) -> None:
    connections = {variant: await client.connect(port, CONNECTIONS) for variant, port in ports.items()}
    walls: dict[str, list[float]] = {variant: [] for variant in ports}
    processor: dict[str, list[float]] = {variant: [] for variant in ports}
    order = list(ports)
    for number in range(-10, rounds):
        random.shuffle(order)
        for variant in order:
            used, began = processor_seconds(servers[variant]), time.perf_counter()
            await asyncio.gather(*(connection.burst(REQUESTS_EACH) for connection in connections[variant]))
            wall, cpu = time.perf_counter() - began, processor_seconds(servers[variant]) - used
            if number >= 0:
                walls[variant].append(wall / CONNECTIONS / REQUESTS_EACH)
                processor[variant].append(cpu / CONNECTIONS / REQUESTS_EACH)
    raw = next(iter(ports))
    print(f"{'':14}{'req/s':>8} {'of ' + raw:>8} {'best':>8} {'of ' + raw:>8} {'CPU us':>8} {'of ' + raw:>8}")
    for variant in ports:
        rates = [ratio(walls, variant, raw, statistics.median), ratio(walls, variant, raw, least)]
        cpu = ratio(processor, variant, raw, statistics.median)
        print(
            f"{variant:14}{1 / statistics.median(walls[variant]):8.0f} {rates[0]:8.3f}"
            f" {1 / least(walls[variant]):8.0f} {rates[1]:8.3f}"
            f" {statistics.median(processor[variant]) * 1e6:8.2f} {cpu:8.3f}"
        )


def least(values: list[float]) -> float:
    """The quickest twentieth: what was measured while nobody else used the machine."""
    return statistics.fmean(sorted(values)[: max(1, len(values) // 20)])


def ratio(of: "dict[str, list[float]]", variant: str, raw: str, middle: Callable[[list[float]], float]) -> float:
    return middle(of[raw]) / middle(of[variant])


def main(rounds: int, *variants: str) -> None:
    ports = {variant: 8_700 + index for index, variant in enumerate(variants or VARIANTS)}
    servers: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for variant, port in ports.items():
            servers[variant] = serve(variant, port)
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores - {0} or cores)
        uvloop.run(measure(servers, ports, rounds))
    finally:
        for server in servers.values():
            server.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, *sys.argv[2:])
