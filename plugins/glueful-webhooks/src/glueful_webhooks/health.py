"""Whether webhooks are delivered in time."""

from datetime import timedelta

from glueful_hookspecs import HealthResult, HealthStatus

from .service import Webhooks
from .tables import WebhookDelivery, WebhookMessage

LATE = timedelta(minutes=5)


async def backlog(webhooks: Webhooks) -> HealthResult:
    """Warn of messages and deliveries that nobody has taken up for five minutes."""
    await webhooks.worker.look()
    if webhooks.worker.is_dormant:
        return HealthResult(HealthStatus.PASS)
    before = webhooks.clock() - LATE
    waiting = await WebhookMessage.where(relayed_at=None, created_at__lt=before).limit(1).exists()
    late = await WebhookDelivery.where(next_attempt_at__lt=before, lease=None, status="pending").exists()
    if not waiting and not late:
        return HealthResult(HealthStatus.PASS)
    return HealthResult(
        HealthStatus.WARN, "webhooks wait for more than 5 minutes: run `glueful webhooks work`, or `glueful queue work`"
    )
