"""Microseconds that each stack adds to a request, without a server between: ``python microseconds_per_request.py``.

The applications are called in turn within one process, and the quickest of many rounds counts: what a busy machine adds
is left out, so that differences below one percent of a served request can be seen.
"""

import sys
import time
from contextlib import AsyncExitStack

import applications
import uvloop

VARIANTS = ("raw", "kernel", "without_edge", "all_plugins")
ROUNDS, REQUESTS = 60, 300
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 1234),
    "scheme": "http",
    "method": "GET",
    "root_path": "",
    "path": "/ping",
    "raw_path": b"/ping",
    "query_string": b"",
}


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_message):
    pass


async def measure(app):
    began = time.perf_counter()
    for _ in range(REQUESTS):
        await app({**SCOPE, "headers": [(b"host", b"127.0.0.1"), (b"accept", b"*/*")], "state": {}}, receive, send)
    return (time.perf_counter() - began) / REQUESTS * 1e6


async def main(rounds):
    async with AsyncExitStack() as stack:
        apps = {variant: getattr(applications, variant)() for variant in VARIANTS}
        for app in apps.values():
            await stack.enter_async_context(app.lifespan())
        best = dict.fromkeys(VARIANTS, float("inf"))
        for _ in range(rounds):
            for variant, app in apps.items():
                best[variant] = min(best[variant], await measure(app))
    for variant, microseconds in best.items():
        print(f"{variant:12} {microseconds:6.2f}  +{microseconds - best['raw']:.2f}")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
