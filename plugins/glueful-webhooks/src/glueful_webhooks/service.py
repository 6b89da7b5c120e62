"""Everything of webhooks that belongs to one application."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from glueful_http import HttpClient

from .claims import Claims
from .delivery import Deliverer, Outcome
from .dispatching import Dispatcher
from .encryption import Vault
from .endpoint_keys import EndpointKeys
from .relay import Relay
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
        observe: told of every outcome.
    """

    def __init__(
        self,
        settings: "WebhookSettings",
        client: HttpClient,
        encryption_keys: "Sequence[Secret]",
        *,
        clock: Callable[[], datetime] = utc_now,
        fraction: Callable[[], float] = random.random,
        observe: Callable[[Outcome], Awaitable[object]] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.keys = EndpointKeys(Vault(encryption_keys))
        self.subscriptions = Subscriptions(settings, client, self.keys, clock)
        claims = Claims(clock, timedelta(seconds=settings.lease_seconds))
        self.deliverer = Deliverer(settings, client, self.keys, claims, clock, fraction, observe)
        self.worker = Worker(settings, Relay(clock), claims, self.deliverer.attempt)
        self.dispatcher = Dispatcher(settings, clock, self.worker.wake)
        self.subscribe = self.subscriptions.subscribe
        self.dispatch = self.dispatcher.dispatch
        self.deliver = self.deliverer.deliver
