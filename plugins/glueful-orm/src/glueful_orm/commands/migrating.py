"""``glueful db migrate``, ``rollback`` and ``status``."""

from collections.abc import Sequence

import click
from glueful_hookspecs import aligned

from ..migrate.runner import PlannedMigration
from .session import session


@click.command()
@click.option("--plan", is_flag=True, help="Show what would be done, with its SQL, and change nothing.")
@click.option("--allow-unsafe", is_flag=True, help="In production, also what destroys data or locks a big table.")
@click.option("--accept-changed", is_flag=True, help="Take applied migrations as their files are now.")
async def migrate(plan: bool, allow_unsafe: bool, accept_changed: bool) -> None:
    """Apply all pending migrations, of all plugins, in the order in which they require one another."""
    async with session() as db:
        if plan:
            show_plan(await db.migrator.plan(), "nothing to migrate")
            return
        done = await db.migrator.migrate(allow_unsafe=allow_unsafe, accept_changed=accept_changed)
    for label in done:
        click.echo(f"applied {label}")
    if not done:
        click.echo("nothing to migrate")


@click.command()
@click.option("--steps", type=click.IntRange(min=1), default=1, show_default=True, help="How many, newest first.")
@click.option("--to", metavar="APP:NAME", help="Until this one is the last; `zero` for all. Instead of --steps.")
@click.option("--plan", is_flag=True, help="Show what would be done, with its SQL, and change nothing.")
@click.option("--allow-unsafe", is_flag=True, help="In production, also what destroys data or locks a big table.")
async def rollback(steps: int, to: str | None, plan: bool, allow_unsafe: bool) -> None:
    """Revert the migrations that were applied last."""
    async with session() as db:
        if plan:
            show_plan(await db.migrator.plan_rollback(steps, to), "nothing to revert")
            return
        done = await db.migrator.rollback(steps, to, allow_unsafe=allow_unsafe)
    for label in done:
        click.echo(f"reverted {label}")
    if not done:
        click.echo("nothing to revert")


@click.command()
async def status() -> None:
    """List all migrations and whether they are applied."""
    async with session() as db:
        lines = await db.migrator.status()
    if not lines:
        click.echo("no active plugin has migrations")
        return
    click.echo(
        "\n".join(
            aligned(
                ["APP", "MIGRATION", "STATE", "APPLIED AT (UTC)"],
                [[line.app, line.name, line.state, line.applied_at.partition("+")[0]] for line in lines],
            )
        )
    )


def show_plan(planned: Sequence[PlannedMigration], nothing: str) -> None:
    """Print migrations with their SQL and what is dangerous in them."""
    if not planned:
        click.echo(nothing)
    for item in planned:
        click.echo(click.style(f"{item.app}:{item.name} ({item.direction})", bold=True))
        if not item.is_atomic:
            click.echo(click.style("  not in a transaction", fg="yellow"))
        if item.runs_code:
            click.echo(click.style("  runs Python code, not shown here", fg="yellow"))
        for hazard in item.hazards:
            click.echo(click.style(f"  unsafe: {hazard}", fg="red"))
        for statement in item.statements:
            click.echo(f"  {statement};")
