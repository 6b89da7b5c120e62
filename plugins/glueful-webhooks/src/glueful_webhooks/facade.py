"""``Webhook``: the webhooks of the application that this code runs in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_hookspecs import current_application

from .errors import WebhooksNotBound

if TYPE_CHECKING:
    from .keys import SigningKey
    from .outcome import Outcome
    from .service import Webhooks
    from .tables import WebhookEndpoint


class Webhook:
    """``await Webhook.subscribe(...)``, ``await Webhook.dispatch(...)``."""

    _bound: "dict[object, Webhooks]" = {}  # noqa: RUF012 - a registry

    @classmethod
    def bind(cls, webhooks: "Webhooks", application: object = None) -> None:
        """Give an application its webhooks; the plugin does it."""
        cls._bound = {**cls._bound, application: webhooks}

    @classmethod
    def unbind(cls, webhooks: "Webhooks") -> None:
        """Forget them."""
        cls._bound = {key: bound for key, bound in cls._bound.items() if bound is not webhooks}

    @classmethod
    def current(cls) -> "Webhooks":
        """Those of ``current_application``, else the only ones.

        Raises:
            WebhooksNotBound: there are none, or several and this code runs in no application.
        """
        found = cls._bound.get(current_application())
        if found is None and len(cls._bound) == 1:
            (found,) = cls._bound.values()
        if found is None:
            raise WebhooksNotBound
        return found

    @classmethod
    async def subscribe(
        cls, events: str | Sequence[str], url: str, **options: Any
    ) -> "tuple[WebhookEndpoint, SigningKey]":
        """Make an endpoint; see ``Subscriptions.subscribe``."""
        return await cls.current().subscribe(events, url, **options)

    @classmethod
    async def dispatch(
        cls,
        event: str | msgspec.Struct,
        payload: msgspec.Struct | Mapping[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """Send an event, if and when the current transaction commits; see ``Dispatcher.dispatch``."""
        return await cls.current().dispatch(event, payload, **options)

    @classmethod
    async def deliver(cls, delivery_id: str) -> "Outcome | None":
        """Attempt a delivery now; see ``Deliverer.deliver``."""
        return await cls.current().deliver(delivery_id)
