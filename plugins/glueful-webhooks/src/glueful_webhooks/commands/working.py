"""``glueful webhooks work`` and ``prune``."""

import asyncio
import signal

import click

from .session import session


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due, and end.")
@click.option("--grace", default=20.0, show_default=True, help="Seconds for deliveries under way at a stop.")
async def work(once: bool, grace: float) -> None:
    """Deliver webhooks until SIGTERM or SIGINT; run as many of these as needed."""
    async with session() as webhooks:
        if once:
            click.echo(f"attempted {await webhooks.worker.drain()} deliveries")
            return
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        task = asyncio.create_task(webhooks.worker.run())
        click.echo("delivering webhooks")
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        await webhooks.worker.stop(grace)
        waiting.cancel()
        await task


@click.command()
async def prune() -> None:
    """Remove what the settings keep no longer; workers do it every hour."""
    async with session() as webhooks:
        click.echo(f"removed {await webhooks.retention.prune()} rows")
