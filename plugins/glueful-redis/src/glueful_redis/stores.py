"""The implementations that the settings choose."""

from typing import TYPE_CHECKING

from .keyvalue import KeyValueStore
from .locks import Locks
from .pubsub import PubSub
from .settings import RedisSettings

if TYPE_CHECKING:
    from .clients import RedisClients
    from .embedded import file as embedded


class Stores:
    """Keys and values, locks, messages: on Redis, or in the embedded file.

    Args:
        settings: section ``[redis]``.
        clients: of the server; None for the embedded file.

    Attributes:
        key_values, locks, pubsub: the implementations.
        file: the embedded file, if it is used.
    """

    file: "embedded.EmbeddedFile | None"

    def __init__(self, settings: RedisSettings, clients: "RedisClients | None") -> None:
        self.file = None
        self.key_values: KeyValueStore
        self.locks: Locks
        self.pubsub: PubSub
        if clients is None:
            from .embedded.file import EmbeddedFile
            from .embedded.keyvalue import EmbeddedKeyValueStore
            from .embedded.locks import EmbeddedLocks
            from .embedded.pubsub import EmbeddedPubSub

            self.file = EmbeddedFile(settings)
            self.key_values = EmbeddedKeyValueStore(self.file)
            self.locks = EmbeddedLocks(self.file, settings.poll_seconds)
            self.pubsub = EmbeddedPubSub(self.file, settings.max_message_bytes, settings.poll_seconds)
        else:
            from .server.commands import Commands
            from .server.keyvalue import RedisKeyValueStore
            from .server.locks import RedisLocks
            from .server.pubsub import RedisPubSub

            commands = Commands(clients)
            self.key_values = RedisKeyValueStore(commands, settings.max_value_bytes)
            self.locks = RedisLocks(commands, settings.poll_seconds)
            self.pubsub = RedisPubSub(commands, settings.max_message_bytes, settings.timeout_seconds)

    async def close(self) -> None:
        """End subscriptions, and close the embedded file."""
        await self.pubsub.close()
        if self.file is not None:
            await self.file.close()
