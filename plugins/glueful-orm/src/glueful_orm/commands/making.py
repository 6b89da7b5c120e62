"""``glueful db make``."""

from datetime import UTC, datetime
from pathlib import Path

import click

from .session import session


@click.command()
@click.argument("name")
@click.option("--app", required=True, help="The migration source that it is for.")
@click.option("--auto", is_flag=True, help="Write the changes that lead from the migrations to the models.")
@click.option("--rename", multiple=True, metavar="MODEL.OLD=NEW", help="A renamed column, or OLD=NEW for a model.")
async def make(name: str, app: str, auto: bool, rename: tuple[str, ...]) -> None:
    """Write a new migration file called NAME."""
    from ..migrate.errors import RefusedInProduction
    from ..migrate.make import Body, Rename, automatic, write

    async with session() as db:
        state = await db.migrator.final_state(app)
        source = next(source for source in db.migrator.sources if source.app == app)
        if auto and db.is_production:
            raise RefusedInProduction("glueful db make --auto", "writes files", can_force=False)
        body = (
            automatic(source, db.migrator.sources, state, [Rename.parse(text) for text in rename]) if auto else Body()
        )
    path = write(source, name, datetime.now(UTC), body)
    here = Path.cwd()
    click.echo(f"wrote {path.relative_to(here) if path.is_relative_to(here) else path}")
    for hint in body.hints:
        click.echo(click.style(f"look: {hint}", fg="yellow"), err=True)
