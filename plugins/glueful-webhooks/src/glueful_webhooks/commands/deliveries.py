"""``glueful webhooks stats``, ``test``, ``deliveries``, ``show``, ``retry``, ``recover`` and ``replay``."""

from datetime import UTC, datetime

import click
from glueful_hookspecs import aligned

from ..errors import CommandRefused
from ..tables import DeliveryStatus, WebhookAttempt, WebhookDelivery
from .session import session

SHOWN_CHARACTERS = 60
SINCE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.command()
@click.argument("endpoint_id")
async def stats(endpoint_id: str) -> None:
    """Count the deliveries of ENDPOINT_ID by status."""
    async with session() as webhooks:
        endpoint = await webhooks.subscriptions.find(endpoint_id)
        counts = await webhooks.history.stats(endpoint.id)
    click.echo("\n".join(aligned(["STATUS", "DELIVERIES"], [[status, count] for status, count in counts.items()])))


@click.command()
@click.argument("delivery_id")
async def show(delivery_id: str) -> None:
    """Show the attempts of DELIVERY_ID, and the beginning of what came back."""
    async with session() as webhooks:
        delivery = await webhooks.history.delivery(delivery_id)
        attempts = await webhooks.history.attempts(delivery.id)
    click.echo(f"{delivery.id}  {delivery.status}  message {delivery.message_id}  endpoint {delivery.endpoint_id}")
    rows = [
        [row.number, row.started_at, f"{row.duration_ms} ms", row.status_code or row.failure, _beginning(row)]
        for row in attempts
    ]
    click.echo("\n".join(aligned(["ATTEMPT", "AT", "TOOK", "ANSWER", "BODY"], rows)))


def _beginning(attempt: WebhookAttempt) -> str:
    """Of an answer, without what could move the cursor of a terminal."""
    text = bytes(attempt.response_body or b"")[:SHOWN_CHARACTERS].decode(errors="replace")
    return "".join(character if character.isprintable() else " " for character in text)


@click.command()
@click.argument("endpoint_id")
async def test(endpoint_id: str) -> None:
    """Send webhook.test to ENDPOINT_ID, the way that every event goes; exit with 1 if it is not acknowledged."""
    async with session() as webhooks:
        message_id = await webhooks.test(endpoint_id)
        await webhooks.relay.relay_all()
        (delivery_id,) = await WebhookDelivery.where(message_id=message_id).pluck("id")
        outcome = await webhooks.deliver(delivery_id)
    if outcome is None:
        click.echo(f"{delivery_id} is being delivered by another process")
        return
    answer = outcome.status_code or outcome.failure
    if not outcome.is_delivered:
        raise CommandRefused(f"{delivery_id} was not acknowledged: {answer}")
    click.echo(f"{delivery_id} was acknowledged with {answer} in {outcome.duration_ms} ms")


@click.command()
@click.option("--endpoint", "endpoint_id", help="Only of this endpoint.")
@click.option("--status", type=click.Choice([status.value for status in DeliveryStatus]), help="Only with this status.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
async def deliveries(endpoint_id: str | None, status: str | None, limit: int) -> None:
    """List deliveries, the newest first."""
    async with session() as webhooks:
        found = await webhooks.history.deliveries(endpoint_id=endpoint_id, status=status).limit(limit)
    rows = [
        [
            row.id,
            row.endpoint_id,
            row.status,
            row.attempts,
            row.last_status_code or row.last_failure,
            row.next_attempt_at,
        ]
        for row in found
    ]
    click.echo("\n".join(aligned(["DELIVERY", "ENDPOINT", "STATUS", "ATTEMPTS", "LAST", "NEXT"], rows)))


@click.command()
@click.argument("delivery_id", required=False)
@click.option("--failed", "endpoint_id", metavar="ENDPOINT_ID", help="All failed ones of this endpoint.")
async def retry(delivery_id: str | None, endpoint_id: str | None) -> None:
    """Deliver DELIVERY_ID, or all that failed, once more."""
    if (delivery_id is None) == (endpoint_id is None):
        raise click.UsageError("name a delivery, or --failed ENDPOINT_ID")
    async with session() as webhooks:
        if delivery_id is not None:
            await webhooks.history.retry(delivery_id)
            count = 1
        else:
            endpoint = await webhooks.subscriptions.find(endpoint_id or "")
            count = await webhooks.history.recover(endpoint.id, datetime.min.replace(tzinfo=UTC))
    click.echo(f"{count} deliveries are due")


@click.command()
@click.argument("endpoint_id")
@click.option("--since", type=SINCE, required=True, help="UTC, unless a zone is given.")
async def recover(endpoint_id: str, since: datetime) -> None:
    """Deliver what failed, or waits since ENDPOINT_ID was disabled."""
    async with session() as webhooks:
        endpoint = await webhooks.subscriptions.find(endpoint_id)
        count = await webhooks.history.recover(endpoint.id, _utc(since))
    click.echo(f"{count} deliveries are due")


@click.command()
@click.argument("endpoint_id")
@click.option("--since", type=SINCE, required=True, help="UTC, unless a zone is given.")
async def replay(endpoint_id: str, since: datetime) -> None:
    """Deliver everything of ENDPOINT_ID again, also what was delivered."""
    async with session() as webhooks:
        endpoint = await webhooks.subscriptions.find(endpoint_id)
        count = await webhooks.history.replay(endpoint.id, _utc(since))
    click.echo(f"{count} deliveries are due")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
