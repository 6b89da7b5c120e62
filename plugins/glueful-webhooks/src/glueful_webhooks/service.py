"""Everything of webhooks that belongs to one application."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from glueful_http import HttpClient

from .claims import Claims
from .delivery import Deliverer
from .dispatching import Dispatcher
from .encryption import Vault
from .endpoint_keys import EndpointKeys
from .errors import EndpointIsDisabled
from .events import TestEvent
from .history import History
from .news import News
from .observation import Observers
from .relay import Relay
from .retention import Retention
from .subscriptions import Subscriptions
from .worker import Worker

if TYPE_CHECKING:
    from glueful_hookspecs import Secret

    from .settings import WebhookSettings


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class Webhooks:
    """Subscriptions, dispatch, delivery: the service that ``Webhook`` stands for.

    Args:
        settings: section ``[webhooks]``.
        client: sends.
        encryption_keys: see ``Vault``.
        clock: the time, in UTC.
        fraction: for the jitter of retries, a number from 0 to 1.
        observers: told of outcomes, and of endpoints that are disabled.
        news: for workers in other processes.
    """

    def __init__(
        self,
        settings: "WebhookSettings",
        client: HttpClient,
        encryption_keys: "Sequence[Secret]",
        *,
        clock: Callable[[], datetime] = utc_now,
        fraction: Callable[[], float] = random.random,
        observers: Observers | None = None,
        news: News | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.keys = EndpointKeys(Vault(encryption_keys))
        told = observers.disabled if observers is not None else None
        observed = observers.attempted if observers is not None else None
        claims = Claims(clock, timedelta(seconds=settings.lease_seconds))
        self.deliverer = Deliverer(settings, client, self.keys, claims, clock, fraction, observed)
        self.retention = Retention(settings, clock)
        self.relay = Relay(clock)
        settled = self.deliverer.recorder.settled
        self.news = news or News(None)
        self.worker = Worker(
            settings, self.relay, claims, self.deliverer.attempt, settled, self.retention.prune, self.news.hear
        )
        self.subscriptions = Subscriptions(settings, client, self.keys, clock, self._wake, told)
        self.dispatcher = Dispatcher(settings, clock, self._wake)
        self.history = History(clock, self._wake)
        self.subscribe = self.subscriptions.subscribe
        self.dispatch = self.dispatcher.dispatch
        self.deliver = self.deliverer.deliver

    def _wake(self) -> None:
        self.worker.wake()
        self.news.tell()

    async def test(self, endpoint_id: str, *, owner: str | None = None) -> str:
        """Send ``webhook.test`` to an endpoint, the way that every event goes.

        Returns:
            The id of the message.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
            EndpointIsDisabled: it would not be called.
        """
        endpoint = await self.subscriptions.find(endpoint_id, owner=owner)
        if not endpoint.is_enabled:
            raise EndpointIsDisabled
        return await self.dispatch(TestEvent(), endpoint_id=endpoint_id)

    async def stop(self, grace_seconds: float) -> None:
        """Let deliveries that are under way end, and store what they came to."""
        await self.worker.stop(grace_seconds)
        await self.news.close()
