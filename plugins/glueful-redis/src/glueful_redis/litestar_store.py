"""Litestar's ``Store`` over keys and values: sessions, response cache and whatever else asks for one."""

import math
from datetime import timedelta

from litestar.stores.base import NamespacedStore

from .keyvalue import KeyValueStore


class KeyValueBackedStore(NamespacedStore):
    """A store of Litestar.

    ``StoreRegistry(default_factory=lambda name: KeyValueBackedStore(key_values.namespace(name)))`` is what the setting
    ``redis.litestar_stores`` does. Litestar stores without expiry where it is given none; so does this.

    Args:
        key_values: where the entries are.
    """

    def __init__(self, key_values: KeyValueStore) -> None:
        self._key_values = key_values

    def with_namespace(self, namespace: str) -> "KeyValueBackedStore":
        """The part whose keys begin with a name."""
        return KeyValueBackedStore(self._key_values.namespace(namespace))

    async def set(self, key: str, value: str | bytes, expires_in: int | timedelta | None = None) -> None:
        """Store a value; with ``expires_in`` of zero or less it is gone at once."""
        ttl = _seconds(expires_in)
        if ttl is not None and ttl <= 0:
            await self._key_values.delete(key)
            return
        await self._key_values.set(key, value.encode() if isinstance(value, str) else bytes(value), ttl=ttl)

    async def get(self, key: str, renew_for: int | timedelta | None = None) -> bytes | None:
        """The value; one that expires does so ``renew_for`` from now, whole days included."""
        value = await self._key_values.get(key)
        ttl = _seconds(renew_for)
        if (
            value is not None
            and ttl is not None
            and ttl > 0
            and await self._key_values.ttl(key) not in (None, math.inf)
        ):
            await self._key_values.touch(key, ttl=ttl)
        return value

    async def delete(self, key: str) -> None:
        """Delete a key; nothing happens where there is none."""
        await self._key_values.delete(key)

    async def delete_all(self) -> None:
        """Delete all keys of this store, and nothing else."""
        await self._key_values.clear()

    async def exists(self, key: str) -> bool:
        """Whether there is such a key."""
        return await self._key_values.get(key) is not None

    async def expires_in(self, key: str) -> int | None:
        """Whole seconds until it expires, rounded up; None where it does not, or is not there."""
        ttl = await self._key_values.ttl(key)
        return None if ttl is None or ttl == math.inf else math.ceil(ttl)


def _seconds(duration: float | timedelta | None) -> float | None:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration
