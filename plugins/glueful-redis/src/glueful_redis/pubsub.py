"""Publish and subscribe: messages reach who listens now; who may have missed some is told."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import Self, TypeAlias

import msgspec

from .entries import name_bytes
from .errors import ValueTooLarge

log = logging.getLogger("glueful.redis")

MOST_PENDING = 1000


class Message(msgspec.Struct, frozen=True):
    """What somebody published."""

    channel: str
    data: bytes


class Gap(msgspec.Struct, frozen=True):
    """Messages may be missing here: read again what you derive from them."""

    reason: str
    """``reconnected``: the server was away; ``slow``: the subscriber did not keep up; ``purged``: this process stood
    still for longer than messages are kept."""


Item: TypeAlias = Message | Gap


class Subscription:
    """What arrives: ``async with pubsub.subscribe("news") as subscription: async for item in subscription: ...``.

    It goes on until it is left, whatever happens to the server.
    """

    def __init__(self, pubsub: "PubSub", channels: tuple[str, ...], most_pending: int) -> None:
        self._pubsub = pubsub
        self._most_pending = most_pending
        self._items: deque[Item] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False
        self.channels = channels

    async def __aenter__(self) -> Self:
        await self._pubsub._begin(self)  # noqa: SLF001
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._pubsub._end(self)  # noqa: SLF001
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        while not self._items:
            if self._is_closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()

    def put(self, item: Item) -> None:
        """Hand an item over; where too many wait, they give way to one ``Gap``."""
        if len(self._items) >= self._most_pending:
            self._items.clear()
            self._items.append(Gap("slow"))
        if not (isinstance(item, Gap) and self._items and self._items[-1] == item):
            self._items.append(item)
        self._arrived.set()

    def close(self) -> None:
        """End the iteration after what is waiting."""
        self._is_closed = True
        self._arrived.set()


class PubSub(ABC):
    """Messages by channel, to all subscribers in all processes of an application, in the order of each publisher.

    A message is not kept: who does not listen misses it. Channels are named, without patterns.

    Args:
        max_message_bytes: greatest size of a message.
    """

    def __init__(self, max_message_bytes: int) -> None:
        self._max_message_bytes = max_message_bytes
        self._subscriptions: dict[str, set[Subscription]] = {}

    def subscribe(self, *channels: str, most_pending: int = MOST_PENDING) -> Subscription:
        """Listen to channels: from when the subscription is entered, nothing is missed without a ``Gap``.

        What was published a moment before may arrive, too.

        Args:
            channels: names of 1 to 1,024 bytes.
            most_pending: how many messages wait for a slow subscriber before they are dropped for a ``Gap``.

        Raises:
            KeyInvalid: a name is empty or too long.
        """
        if not channels:
            raise ValueError("name a channel to subscribe to")
        for channel in channels:
            name_bytes("a channel", channel)
        return Subscription(self, tuple(dict.fromkeys(channels)), max(1, most_pending))

    async def publish(self, channel: str, data: bytes) -> None:
        """Send a message to whoever listens now.

        Raises:
            KeyInvalid: the channel's name is empty or too long.
            ValueTooLarge: the message exceeds ``redis.max_message_bytes``.
            StoreUnavailable: the store was not reached; the message may have been sent.
        """
        name_bytes("a channel", channel)
        if not isinstance(data, bytes):
            raise TypeError(f"a message is bytes, not {type(data).__name__}")
        if len(data) > self._max_message_bytes:
            raise ValueTooLarge(len(data), self._max_message_bytes, "max_message_bytes")
        await self._publish(channel, data)

    async def close(self) -> None:
        """End all subscriptions."""
        for subscription in {each for group in self._subscriptions.values() for each in group}:
            subscription.close()
        self._subscriptions.clear()
        await self._stop()

    # --- between subscriptions and implementation ---

    async def _begin(self, subscription: Subscription) -> None:
        new = [channel for channel in subscription.channels if channel not in self._subscriptions]
        for channel in subscription.channels:
            self._subscriptions.setdefault(channel, set()).add(subscription)
        try:
            await self._listen(subscription, new)
        except BaseException:
            await self._end(subscription)
            raise

    async def _end(self, subscription: Subscription) -> None:
        left = []
        for channel in subscription.channels:
            group = self._subscriptions.get(channel, set())
            group.discard(subscription)
            if not group and self._subscriptions.pop(channel, None) is not None:
                left.append(channel)
        if not self._subscriptions:
            await self._stop()
        elif left:
            await self._forget(left)

    def _deliver(self, channel: str, data: bytes) -> None:
        message = Message(channel, data)
        for subscription in self._subscriptions.get(channel, ()):
            subscription.put(message)

    def _tell_gap(self, reason: str) -> None:
        for subscription in {each for group in self._subscriptions.values() for each in group}:
            subscription.put(Gap(reason))

    @abstractmethod
    async def _publish(self, channel: str, data: bytes) -> None: ...

    @abstractmethod
    async def _listen(self, subscription: Subscription, new: list[str]) -> None:
        """Back when messages of its channels arrive, or when it is known that they do not; then a gap follows later."""

    @abstractmethod
    async def _forget(self, channels: list[str]) -> None: ...

    @abstractmethod
    async def _stop(self) -> None:
        """Nobody listens any more."""
