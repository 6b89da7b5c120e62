"""``glueful db fresh`` and ``seed``."""

import click

from ..composition import seeders
from ..migrate.errors import RefusedInProduction, SeederUnknown
from .session import Session, session


@click.command()
@click.option("--seed", "is_seeded", is_flag=True, help="Insert the rows of all seeders afterwards.")
@click.option("--force", is_flag=True, help="In production, too.")
async def fresh(is_seeded: bool, force: bool) -> None:
    """Drop all tables and views of the database, and migrate from the beginning."""
    async with session() as db:
        if db.is_production and not force:
            raise RefusedInProduction("glueful db fresh", "drops every table")
        dropped, done = await db.migrator.fresh()
        click.echo(f"dropped {dropped} tables")
        for label in done:
            click.echo(f"applied {label}")
        if is_seeded:
            await run_seeders(db, ())


@click.command()
@click.argument("names", nargs=-1)
@click.option("--force", is_flag=True, help="In production, too.")
async def seed(names: tuple[str, ...], force: bool) -> None:
    """Insert the rows of all seeders, or of those called NAMES."""
    async with session() as db:
        if db.is_production and not force:
            raise RefusedInProduction("glueful db seed", "inserts rows")
        await run_seeders(db, names)


async def run_seeders(db: Session, names: tuple[str, ...]) -> None:
    """Run seeders in plugin order, each in a transaction.

    Raises:
        SeederUnknown: nobody contributes one of the names.
    """
    found = seeders(db.plugin.hooks)
    known = [seeder.name for seeder in found]
    for name in names:
        if name not in known:
            raise SeederUnknown(name, known)
    for seeder in found:
        if names and seeder.name not in names:
            continue
        async with db.engine.transaction():
            await seeder.run()
        click.echo(f"seeded {seeder.name}")
    if not found:
        click.echo("no active plugin has seeders")
