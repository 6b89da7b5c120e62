"""News of work for workers in other processes, over glueful-redis where it is active; without it they poll."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glueful_redis import PubSub

CHANNEL = "webhooks.news"
PAUSE_SECONDS = 0.02
_log = logging.getLogger("glueful.webhooks")


class News:
    """Tells and hears that something was committed that is to be delivered.

    Nothing depends on it: what is not heard is found by the next poll.

    Args:
        pubsub: of glueful-redis; None where it is not active.
    """

    def __init__(self, pubsub: "PubSub | None") -> None:
        self._pubsub = pubsub
        self._telling: asyncio.Task[None] | None = None
        self._is_untold = False

    def tell(self) -> None:
        """Tell other processes, soon: many commits in a moment are one message."""
        self._is_untold = True
        if self._pubsub is not None and self._telling is None:
            self._telling = asyncio.create_task(self._tell(self._pubsub))

    async def _tell(self, pubsub: "PubSub") -> None:
        try:
            while self._is_untold:
                self._is_untold = False
                await pubsub.publish(CHANNEL, b"")
                await asyncio.sleep(PAUSE_SECONDS)
        except Exception as error:
            _log.info("workers in other processes find new webhooks by their next poll: %s", error)
        finally:
            self._telling = None

    async def hear(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever a process tells, until cancelled."""
        if self._pubsub is None:
            return
        async with self._pubsub.subscribe(CHANNEL, most_pending=1) as subscription:
            async for _ in subscription:
                wake()

    async def close(self) -> None:
        """Tell no more."""
        if (telling := self._telling) is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
