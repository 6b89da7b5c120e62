"""Processor time to validate a body, contestant beside contestant, in microseconds: ``python compare.py [ROUNDS]``.

Contestants take turns within each round and the best round counts; all work is done in this one thread, so that a busy
machine disturbs little, and all alike. One that is not installed is left out and named. Only glueful-validation,
FastAPI and Django REST framework name every error; msgspec and Litestar stop at the first.
"""

import asyncio
import sys
import time

from bodies import BODIES
from contestants import CONTESTANTS, Contestant


async def measure(contestant: Contestant, path: str, body: bytes, seconds: float) -> float:
    """Microseconds of processor time a call, over about ``seconds``."""
    calls = 0
    started = time.process_time()
    while (elapsed := time.process_time() - started) < seconds:
        await contestant(path, body)
        calls += 1
    return elapsed / calls * 1e6


async def main(rounds: int) -> None:
    ready: dict[str, Contestant] = {}
    for name, build in CONTESTANTS.items():
        try:
            ready[name] = build()
        except ModuleNotFoundError as error:
            print(f"left out: {name} ({error})")
    best = {name: dict.fromkeys(BODIES, float("inf")) for name in ready}
    for label, (path, body) in BODIES.items():
        for name, contestant in ready.items():
            if await contestant(path, body) is ("invalid" in label):
                raise SystemExit(f"{name} is wrong about {label}")
        for _ in range(rounds):
            for name, contestant in ready.items():
                best[name][label] = min(best[name][label], await measure(contestant, path, body, 0.15))
    print(f"{'microseconds':28}" + "".join(f"{label:>26}" for label in BODIES))
    for name, figures in best.items():
        print(f"{name:28}" + "".join(f"{figure:26,.1f}" for figure in figures.values()))
    ours = best["glueful-validation"]
    for name in ("Litestar, data: Struct", "Litestar, decoded by hand"):
        ratios = "".join(f"{ours[label] / best[name][label]:26.2f}" for label in BODIES)
        print(f"{f'ours to {name}':34}{ratios[6:]}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))
