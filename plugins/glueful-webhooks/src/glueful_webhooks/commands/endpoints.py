"""``glueful webhooks events``, ``subscribe``, ``list``, ``rotate``, ``enable``, ``disable`` and ``delete``."""

from typing import Any

import click
import msgspec
from glueful_hookspecs import aligned

from ..catalogue import DECLARED
from ..keys import Ed25519Key, SigningKey
from ..tables import WebhookEndpoint
from .session import session


@click.command()
async def events() -> None:
    """List the declared events."""
    async with session():
        rows = [[name, DECLARED[name].summary] for name in sorted(DECLARED)]
    click.echo("\n".join(aligned(["EVENT", "SUMMARY"], rows)))


@click.command()
@click.argument("patterns")
@click.argument("url")
@click.option("--owner", default="", help="Whose endpoint it is.")
@click.option("--description", default="", help="For people.")
@click.option("--filter", "filters", multiple=True, metavar="PATH=VALUE", help="A field of the payload (repeatable).")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="Sent with each delivery (repeatable).")
@click.option("--rate", type=click.IntRange(1, 1_000_000), help="Deliveries a minute at most.")
@click.option("--asymmetric", is_flag=True, help="Sign with Ed25519 instead of a shared secret.")
async def subscribe(
    patterns: str, url: str, filters: tuple[str, ...], headers: tuple[str, ...], rate: int | None, **options: Any
) -> None:
    """Make an endpoint for events that fit PATTERNS (user.created,order.*) at URL; prints its key, once."""
    wanted: dict[str, list[Any]] = {}
    for name, text in (_split(given, "=", "--filter") for given in filters):
        wanted.setdefault(name, []).append(_value(text))
    sent = {name: text.strip() for name, text in (_split(given, ":", "--header") for given in headers)}
    options |= {"filters": wanted, "headers": sent, "rate_per_minute": rate}
    async with session() as webhooks:
        endpoint, key = await webhooks.subscribe(patterns.split(","), url, **options)
    click.echo(f"{endpoint.id}  {_shown(key)}")


def _split(given: str, separator: str, option: str) -> tuple[str, str]:
    name, found, text = given.partition(separator)
    if not found:
        raise click.BadParameter(f"{given!r} has no {separator!r}", param_hint=option)
    return name.strip(), text


def _value(text: str) -> Any:
    """A number, true, false or null as in JSON; anything else is text."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if isinstance(found, list | dict) else found


@click.command("list")
@click.option("--owner", help="Only this owner's.")
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
    click.echo("\n".join(aligned(["ENDPOINT", "OWNER", "STATUS", "URL", "EVENTS"], rows)))


@click.command()
@click.argument("endpoint_id")
async def rotate(endpoint_id: str) -> None:
    """Give ENDPOINT_ID a new key and print it; the old one signs as well for a while."""
    async with session() as webhooks:
        click.echo(_shown(await webhooks.subscriptions.rotate(endpoint_id)))


@click.command()
@click.argument("endpoint_id")
async def enable(endpoint_id: str) -> None:
    """Call ENDPOINT_ID again; `recover` sends what waited."""
    async with session() as webhooks:
        await webhooks.subscriptions.enable(endpoint_id)
    click.echo(f"enabled {endpoint_id}")


@click.command()
@click.argument("endpoint_id")
async def disable(endpoint_id: str) -> None:
    """Call ENDPOINT_ID no more."""
    async with session() as webhooks:
        await webhooks.subscriptions.disable(endpoint_id)
    click.echo(f"disabled {endpoint_id}")


@click.command()
@click.argument("endpoint_id")
async def delete(endpoint_id: str) -> None:
    """Delete ENDPOINT_ID and its deliveries."""
    async with session() as webhooks:
        await webhooks.subscriptions.unsubscribe(endpoint_id)
    click.echo(f"deleted {endpoint_id}")


def _shown(key: SigningKey) -> str:
    return key.public.text if isinstance(key, Ed25519Key) else key.text
