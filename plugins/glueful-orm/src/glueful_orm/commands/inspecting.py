"""``glueful db show``, ``model`` and ``check``."""

import click
from glueful_hookspecs import aligned

from ..migrate.errors import SchemaDrifted, TableUnknown
from .session import session


@click.command()
async def show() -> None:
    """List the tables with their rows and sizes."""
    from ..schema import table_sizes

    async with session() as db:
        sizes = await table_sizes(db.migrator.dialect, db.migrator.fetch)
    if not sizes:
        click.echo("no tables")
        return
    click.echo(
        "\n".join(
            aligned(
                ["TABLE", "ROWS", "SIZE"],
                [[item.name, f"{item.rows:,}", human_size(item.size_bytes)] for item in sizes],
            )
        )
    )
    total = sum(item.size_bytes or 0 for item in sizes)
    click.echo(f"{len(sizes)} tables, {sum(item.rows for item in sizes):,} rows, {human_size(total)}")


@click.command()
@click.argument("table")
@click.option("--schema", help="Of PostgreSQL; by default the first of the search path.")
async def model(table: str, schema: str | None) -> None:
    """Write the model of an existing TABLE to standard output."""
    from ..schema import model_source, read_table
    from ..schema.reading import table_names

    async with session() as db:
        found = await read_table(table, db.migrator.dialect, db.migrator.fetch, schema)
        if found is None:
            raise TableUnknown(table, await table_names(db.migrator.dialect, db.migrator.fetch, schema))
    click.echo(model_source(found, db.migrator.dialect), nl=False)


@click.command()
async def check() -> None:
    """Compare models and database; exit with 1 where they differ."""
    from ..migrate.make import models_of
    from ..migrate.timeline import MigrationState
    from ..schema import differences

    async with session() as db:
        pending = [line for line in await db.migrator.status() if line.state is not MigrationState.APPLIED]
        models = [item for source in db.migrator.sources for item in models_of(source)]
        found = await differences(models, db.migrator.dialect, db.migrator.fetch)
    for line in pending:
        click.echo(f"{line.app}:{line.name} is {line.state}")
    for item in found:
        click.echo(f"{item.table} {item.what}")
    if found or pending:
        raise SchemaDrifted(len(found) + len(pending))
    click.echo(f"{len(models)} models are as their tables")


def human_size(size: int | None) -> str:
    """Bytes in the largest fitting binary unit; ``-`` where unknown."""
    if size is None:
        return "-"
    value, units = float(size), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.1f} {units[0]}"
