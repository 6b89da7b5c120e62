"""``glueful queue retry``, ``forget``, ``cancel``, ``pause``, ``resume``."""

import click

from ..management import Management
from .session import session

IDS = click.argument("ids", nargs=-1, type=click.IntRange(1))
ALL = click.option("--all", "every", is_flag=True, help="All of them.")


def _chosen(ids: tuple[int, ...], every: bool) -> tuple[int, ...] | None:
    if bool(ids) == every:
        raise click.UsageError("give ids of `glueful queue failed`, or --all")
    return None if every else ids


@click.command()
@IDS
@ALL
async def retry(ids: tuple[int, ...], every: bool) -> None:
    """Enqueue failed jobs anew."""
    chosen = _chosen(ids, every)
    async with session() as plugin:
        outcome = await Management(plugin.queues()).retry(chosen)
    click.echo(f"enqueued {outcome.retried} jobs")
    for key in outcome.left:
        click.echo(f"left {key}: a job with this key is not done, or it cannot be read")


@click.command()
@IDS
@ALL
async def forget(ids: tuple[int, ...], every: bool) -> None:
    """Take failed jobs off the list for good."""
    chosen = _chosen(ids, every)
    async with session() as plugin:
        click.echo(f"forgot {await Management(plugin.queues()).forget(chosen)} jobs")


@click.command()
@click.argument("key")
@click.option("--queue", default="default", show_default=True, help="Where the job is.")
async def cancel(key: str, queue: str) -> None:
    """Cancel a job: at once if it waits, else its worker stops it."""
    async with session() as plugin:
        await Management(plugin.queues()).cancel(queue, key)
    click.echo(f"cancelled {key}")


@click.command()
@click.argument("queue", default="default")
async def pause(queue: str) -> None:
    """Take no more jobs from a queue, in any process, until `resume`."""
    async with session() as plugin:
        await Management(plugin.queues()).pause(queue)
    click.echo(f"paused {queue}")


@click.command()
@click.argument("queue", default="default")
async def resume(queue: str) -> None:
    """Take jobs from a queue again."""
    async with session() as plugin:
        await Management(plugin.queues()).resume(queue)
    click.echo(f"resumed {queue}")
