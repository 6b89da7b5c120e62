"""``glueful queue work``."""

import asyncio
import os
import signal
import threading

import click

from ..background import BackgroundHost
from ..hosting import workers_of
from ..watchdog import Watchdog
from .session import session


@click.command()
@click.option("--queue", "names", multiple=True, metavar="NAME", help="A queue to take from (repeatable).")
@click.option("--concurrency", type=click.IntRange(1, 1_000), help="Jobs of a queue at a time.")
@click.option("--grace", type=click.FloatRange(0, 3_600), help="Seconds for jobs under way at a stop.")
async def work(names: tuple[str, ...], concurrency: int | None, grace: float | None) -> None:
    """Run jobs until SIGTERM or SIGINT; a second one stops at once. Run as many of these as needed."""
    async with session() as plugin:
        settings = plugin.settings
        queues = plugin.queues()
        workers = workers_of(queues, plugin.hooks, names or settings.queues, concurrency or settings.concurrency)
        host = BackgroundHost(workers)
        stop, at_once = asyncio.Event(), asyncio.Event()

        def stopped() -> None:
            (at_once if stop.is_set() else stop).set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped)
        watchdog = Watchdog(settings.lease_seconds * 1.5)
        watchdog.start()
        host.start()
        click.echo(f"working on {', '.join(worker.name for worker in workers)}")
        await stop.wait()
        ending = asyncio.create_task(host.stop(settings.grace_seconds if grace is None else grace))
        hurry = asyncio.create_task(at_once.wait())
        await asyncio.wait([ending, hurry], return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            await host.stop(0)
        hurry.cancel()
        await ending
        watchdog.stop()
    left = {*(task.get_name() for task in asyncio.all_tasks()), *(thread.name for thread in threading.enumerate())}
    if any(name.startswith("glueful-job-") for name in left):
        os._exit(0)  # what cannot be stopped would keep the process for ever; its jobs were given back
