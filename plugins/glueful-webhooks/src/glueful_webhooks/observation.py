"""Tells other plugins what became of deliveries and endpoints."""

from glueful_hookspecs import Hooks

from .outcome import Outcome


class Observers:
    """The implementations of ``glueful_webhook_*``.

    Args:
        hooks: of the application.
    """

    def __init__(self, hooks: Hooks) -> None:
        self._delivered = hooks.runtime("glueful_webhook_delivered")
        self._failed = hooks.runtime("glueful_webhook_failed")
        self._disabled = hooks.runtime("glueful_webhook_disabled")

    async def attempted(self, outcome: Outcome) -> None:
        """Tell what an attempt came to."""
        hook = self._delivered if outcome.is_delivered else self._failed
        if hook:
            await hook(outcome=outcome)
        if outcome.disabled_reason is not None:
            await self.disabled(outcome.endpoint_id, outcome.owner, outcome.disabled_reason)

    async def disabled(self, endpoint_id: str, owner: str, reason: str) -> None:
        """Tell that an endpoint is not called any more."""
        if self._disabled:
            await self._disabled(endpoint_id=endpoint_id, owner=owner, reason=reason)
