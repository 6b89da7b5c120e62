"""Workers of other plugins run beside the job worker."""

import asyncio
from typing import Any

from glueful_hookspecs import Plugin, hookimpl
from glueful_kernel import create_app
from glueful_queue import QueueSettings
from glueful_queue.background import BackgroundHost
from glueful_queue.plugin import QueuePlugin
from litestar import Litestar
from litestar.datastructures import State


class Acme(Plugin):
    """Tells what happened to it, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    @hookimpl
    async def glueful_startup(self) -> None:
        await asyncio.sleep(0)
        self.told.append("started")

    @hookimpl
    def glueful_shutdown(self) -> None:
        self.told.append("shut down")

    @hookimpl(optionalhook=True)
    def glueful_workers(self) -> list[Any]:
        return [Sync(self.told)]


class Sync:
    name = "acme.sync"

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.stopping = asyncio.Event()
        self.running = asyncio.Event()

    async def run(self) -> None:
        self.told.append("runs")
        self.running.set()
        await self.stopping.wait()
        self.told.append("ended")

    async def stop(self, grace_seconds: float) -> None:
        self.told.append(f"told to stop within {grace_seconds:.0f}")
        self.stopping.set()


async def test_a_worker_runs_after_every_start_and_stops_before_every_shutdown() -> None:
    acme = Acme()
    queue = QueuePlugin(QueueSettings(run_worker="always", grace_seconds=7))
    app = create_app(plugins=[queue, acme], only=[], settings={})

    async with app.lifespan():
        await asyncio.sleep(0)
        assert acme.told == ["started", "runs"]

    assert acme.told == ["started", "runs", "told to stop within 7", "ended", "shut down"]


async def test_a_process_that_hosts_no_workers_does_not_ask_for_them() -> None:
    acme = Acme()
    app = create_app(plugins=[QueuePlugin(QueueSettings(run_worker="never")), acme], only=[], settings={})

    async with app.lifespan():
        await asyncio.sleep(0)

    assert acme.told == ["started", "shut down"]


async def test_a_worker_that_fails_runs_again() -> None:
    told: list[str] = []

    class Failing(Sync):
        async def run(self) -> None:
            if len(told) < 2:
                told.append("fails")
                raise RuntimeError("broken")
            await super().run()

    worker = Failing(told)
    host = BackgroundHost([worker], first_pause_seconds=0.001)
    host.start()
    async with asyncio.timeout(5):
        await worker.running.wait()
    await host.stop(1)

    assert told == ["fails", "fails", "runs", "told to stop within 1", "ended"]


async def test_a_worker_that_does_not_end_is_cancelled() -> None:
    class Deaf(Sync):
        async def stop(self, grace_seconds: float) -> None:
            self.told.append("ignored")

    worker = Deaf([])
    host = BackgroundHost([worker])
    host.start()
    await worker.running.wait()
    began = asyncio.get_running_loop().time()
    await host.stop(0)

    assert worker.told == ["runs", "ignored"]
    assert asyncio.get_running_loop().time() - began < 3
    assert host.names == []


def test_an_application_that_a_command_starts_hosts_no_workers() -> None:
    assert QueuePlugin().hosts_workers(Litestar([], debug=True))
    assert not QueuePlugin().hosts_workers(Litestar([], debug=True, state=State({"is_command": True})))
