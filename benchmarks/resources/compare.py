"""Milliseconds to make the JSON of 1,000 posts with nested authors: ``python compare.py [ROUNDS]``.

Contestants take turns within each round and the best round counts. All must make the same JSON. One that is not
installed is left out and named.
"""

import asyncio
import sys
import time
import tracemalloc
from typing import Any

from contestants import ALONE, THROUGH_ASGI, Contestant, same


async def measure(contestant: Contestant, seconds: float) -> float:
    """Milliseconds a call, over about ``seconds``."""
    calls, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        await contestant()
        calls += 1
    return elapsed / calls * 1e3


async def compare(contestants: dict[str, Any], rounds: int) -> dict[str, float]:
    ready: dict[str, Contestant] = {}
    for name, build in contestants.items():
        try:
            ready[name] = build()
        except ModuleNotFoundError as error:
            print(f"left out: {name} ({error})")
    expected = await next(iter(ready.values()))()
    for name, contestant in ready.items():
        if not same(await contestant(), expected):
            raise SystemExit(f"{name} makes other JSON")
    best = dict.fromkeys(ready, float("inf"))
    for _ in range(rounds):
        for name, contestant in ready.items():
            best[name] = min(best[name], await measure(contestant, 0.03))
    return best


async def peak_of_a_stream(rows: int) -> tuple[float, float]:
    """Greatest memory in MB while ``rows`` are streamed, and seconds."""
    import msgspec
    from glueful_resources import Resource, ResourceResponses, ResourceStream
    from litestar import Litestar, get

    class Row(msgspec.Struct):
        id: int
        text: str

    class RowResource(Resource[Row]):
        id: int
        text: str

    def handler() -> Any:
        return RowResource.collection(Row(number, "text " * 20) for number in range(rows)).stream()

    handler.__annotations__["return"] = ResourceStream[RowResource]
    route = get("/", sync_to_thread=False)(handler)
    app: Any = Litestar([route], plugins=[ResourceResponses()], openapi_config=None, logging_config=None)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "state": {}, "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    is_sent = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await is_sent.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if not message.get("more_body", True):
            is_sent.set()

    started = time.perf_counter()
    tracemalloc.start()
    await app(scope, receive, send)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6, time.perf_counter() - started


async def main(rounds: int) -> None:
    for contestants in (ALONE, THROUGH_ASGI):
        best = await compare(contestants, rounds)
        for name, figure in best.items():
            print(f"{name:28}{figure:8.2f}")
        names = list(best)
        print(f"{'ours to dicts by hand':28}{best[names[1]] / best[names[0]]:8.2f}")
        if "resource of models" in best:
            ratio = best["resource of models"] / best["dicts by hand, of models"]
            print(f"{'the same, of models':28}{ratio:8.2f}")
    await peak_of_a_stream(1_000)
    for count in (10_000, 200_000):
        peak, seconds = await peak_of_a_stream(count)
        print(f"stream of {count:,} rows: {peak:.1f} MB at most, {seconds:.1f} s")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
