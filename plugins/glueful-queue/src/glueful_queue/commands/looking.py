"""``glueful queue stats``, ``list``, ``failed``: what there is."""

import json
from datetime import datetime

import click
import msgspec
from glueful_hookspecs import aligned
from saq.job import Status

from ..management import Management
from ..views import failed_view, job_view
from .session import session

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
LIMIT = click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="How many at most.")


def print_json(found: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(msgspec.to_builtins(found), indent=2))


@click.command()
@AS_JSON
async def stats(as_json: bool) -> None:
    """Show the queues: what waits, for how long, who works."""
    async with session() as plugin:
        found = await Management(plugin.queues()).stats()
    if as_json:
        print_json(found)
        return
    head = ("QUEUE", "QUEUED", "SCHEDULED", "ACTIVE", "FAILED", "OLDEST", "WORKERS", "")
    click.echo(
        "\n".join(
            aligned(
                head,
                [
                    (
                        s.name,
                        s.queued,
                        s.scheduled,
                        s.active,
                        s.failed,
                        f"{s.oldest_seconds:.0f} s",
                        s.workers,
                        _paused(s.is_paused),
                    )
                    for s in found
                ],
            )
        )
    )


def _paused(is_paused: bool) -> str:
    return "paused" if is_paused else ""


@click.command("list")
@click.argument("queue", default="default")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only these.")
@LIMIT
@AS_JSON
async def list_jobs(queue: str, status: str | None, limit: int, as_json: bool) -> None:
    """List jobs of a queue, without their arguments."""
    async with session() as plugin:
        jobs = await Management(plugin.queues()).jobs(queue, Status(status) if status else None, limit)
        found = [job_view(job) for job in jobs]
    if as_json:
        print_json(found)
        return
    rows = [(one.key, one.name, one.status, f"{one.attempts}/{one.retries}", _moment(one.queued_at)) for one in found]
    click.echo("\n".join(aligned(("KEY", "JOB", "STATUS", "ATTEMPTS", "QUEUED"), rows)))


@click.command()
@click.option("--queue", help="Only of this one.")
@click.option("--errors", "with_errors", is_flag=True, help="With tracebacks.")
@LIMIT
@AS_JSON
async def failed(queue: str | None, with_errors: bool, limit: int, as_json: bool) -> None:
    """List failed jobs, the latest first."""
    async with session() as plugin:
        found = [failed_view(row) for row in await Management(plugin.queues()).failed(queue, None, limit)]
    if as_json:
        print_json(found)
        return
    head = ("ID", "QUEUE", "JOB", "REASON", "ATTEMPTS", "FAILED", "ERROR")
    click.echo(
        "\n".join(
            aligned(
                head,
                [
                    (
                        one.id,
                        one.queue,
                        one.name,
                        one.reason,
                        one.attempts,
                        _moment(one.failed_at),
                        _last_line(one.error),
                    )
                    for one in found
                ],
            )
        )
    )
    for one in found if with_errors else []:
        click.echo(f"\n{one.id} {one.name} {one.key}\n{one.error}")


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:80] if lines else ""
