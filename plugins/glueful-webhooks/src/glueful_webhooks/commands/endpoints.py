"""``glueful webhooks events``, ``subscribe``, ``list``, ``rotate``, ``enable``, ``disable`` and ``delete``."""

import click

from ..catalogue import DECLARED
from ..keys import Ed25519Key, SigningKey
from ..tables import WebhookEndpoint
from .session import print_table, runs_async, session


@click.command()
@runs_async
async def events() -> None:
    """List the declared events."""
    async with session():
        print_table(["EVENT", "SUMMARY"], [[name, DECLARED[name].summary] for name in sorted(DECLARED)])


@click.command()
@click.argument("patterns")
@click.argument("url")
@click.option("--owner", default="", help="Whose endpoint it is.")
@click.option("--asymmetric", is_flag=True, help="Sign with Ed25519 instead of a shared secret.")
@runs_async
async def subscribe(patterns: str, url: str, owner: str, asymmetric: bool) -> None:
    """Make an endpoint for events that fit PATTERNS (user.created,order.*) at URL; prints its key, once."""
    async with session() as webhooks:
        endpoint, key = await webhooks.subscribe(patterns.split(","), url, owner=owner, asymmetric=asymmetric)
    click.echo(f"{endpoint.id}  {_shown(key)}")


@click.command("list")
@click.option("--owner", help="Only this owner's.")
@runs_async
async def list_endpoints(owner: str | None) -> None:
    """List endpoints."""
    async with session():
        query = WebhookEndpoint.query().order_by("id")
        found = await (query if owner is None else query.where(owner=owner))
    rows = [
        [
            row.id,
            row.owner,
            "enabled" if row.is_enabled else f"disabled ({row.disabled_reason})",
            row.url,
            ",".join(row.patterns),
        ]
        for row in found
    ]
    print_table(["ENDPOINT", "OWNER", "STATUS", "URL", "EVENTS"], rows)


@click.command()
@click.argument("endpoint_id")
@runs_async
async def rotate(endpoint_id: str) -> None:
    """Give ENDPOINT_ID a new key and print it; the old one signs as well for a while."""
    async with session() as webhooks:
        click.echo(_shown(await webhooks.subscriptions.rotate(endpoint_id)))


@click.command()
@click.argument("endpoint_id")
@runs_async
async def enable(endpoint_id: str) -> None:
    """Call ENDPOINT_ID again; `recover` sends what waited."""
    async with session() as webhooks:
        await webhooks.subscriptions.enable(endpoint_id)
    click.echo(f"enabled {endpoint_id}")


@click.command()
@click.argument("endpoint_id")
@runs_async
async def disable(endpoint_id: str) -> None:
    """Call ENDPOINT_ID no more."""
    async with session() as webhooks:
        await webhooks.subscriptions.disable(endpoint_id)
    click.echo(f"disabled {endpoint_id}")


@click.command()
@click.argument("endpoint_id")
@runs_async
async def delete(endpoint_id: str) -> None:
    """Delete ENDPOINT_ID and its deliveries."""
    async with session() as webhooks:
        await webhooks.subscriptions.unsubscribe(endpoint_id)
    click.echo(f"deleted {endpoint_id}")


def _shown(key: SigningKey) -> str:
    return key.public.text if isinstance(key, Ed25519Key) else key.text
