"""Removing what is kept no longer, a batch at a time, so that no statement holds locks for long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .tables import DeliveryStatus, ReceivedWebhook, WebhookDelivery, WebhookMessage

if TYPE_CHECKING:
    from glueful_orm import Query

    from .settings import WebhookSettings

BATCH = 500
_WITHOUT_DELIVERIES = (
    "SELECT one.id FROM webhook_messages one WHERE one.id = webhook_messages.id AND NOT EXISTS "
    "(SELECT 1 FROM webhook_deliveries delivery WHERE delivery.message_id = one.id)"
)


class Retention:
    """Removes old deliveries with their attempts, messages that nobody refers to, and ids of received webhooks.

    Args:
        settings: how long things are kept.
        clock: the time, in UTC.
    """

    def __init__(self, settings: "WebhookSettings", clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock

    async def prune(self) -> int:
        """Remove what is old enough; what is still to be delivered stays.

        Returns:
            The number of deliveries, messages and ids removed.
        """
        now = self._clock()
        delivered = now - timedelta(days=self._settings.keep_delivered_days)
        failed = now - timedelta(days=self._settings.keep_failed_days)
        done = (DeliveryStatus.FAILED.value, DeliveryStatus.DISABLED.value)
        count = await self._remove(
            WebhookDelivery.where(status=DeliveryStatus.DELIVERED.value, created_at__lt=delivered)
        )
        count += await self._remove(WebhookDelivery.where(status__in=done, created_at__lt=failed))
        count += await self._remove(
            WebhookMessage.where(created_at__lt=min(delivered, failed), relayed_at__ne=None).among(
                "id", _WITHOUT_DELIVERIES
            )
        )
        return count + await self._remove(ReceivedWebhook.where(forget_at__le=now))

    @staticmethod
    async def _remove(query: "Query[WebhookDelivery] | Query[WebhookMessage] | Query[ReceivedWebhook]") -> int:
        count = 0
        while ids := await query.limit(BATCH).pluck("id"):
            count += await query.model.where(id__in=ids).delete()
        return count
