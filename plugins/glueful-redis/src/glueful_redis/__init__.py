"""Redis as a service, and keys, locks and messages that work with or without it."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .clients import RedisClients
    from .errors import (
        KeyInvalid,
        LeaseLost,
        LockTaken,
        NotAnInteger,
        RedisNotConfigured,
        StoreError,
        StoreFull,
        StoreRefused,
        StoreUnavailable,
        ValueTooLarge,
    )
    from .keyvalue import KeyValueStore, Stamp
    from .litestar_store import KeyValueBackedStore
    from .locks import Lease, Locks
    from .pubsub import Gap, Message, PubSub, Subscription
    from .settings import RedisSettings

__all__ = [
    "Gap",
    "KeyInvalid",
    "KeyValueBackedStore",
    "KeyValueStore",
    "Lease",
    "LeaseLost",
    "LockTaken",
    "Locks",
    "Message",
    "NotAnInteger",
    "PubSub",
    "RedisClients",
    "RedisNotConfigured",
    "RedisSettings",
    "Stamp",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "StoreUnavailable",
    "Subscription",
    "ValueTooLarge",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "Gap": ".pubsub",
        "KeyInvalid": ".errors",
        "KeyValueBackedStore": ".litestar_store",
        "KeyValueStore": ".keyvalue",
        "Lease": ".locks",
        "LeaseLost": ".errors",
        "LockTaken": ".errors",
        "Locks": ".locks",
        "Message": ".pubsub",
        "NotAnInteger": ".errors",
        "PubSub": ".pubsub",
        "RedisClients": ".clients",
        "RedisNotConfigured": ".errors",
        "RedisSettings": ".settings",
        "Stamp": ".keyvalue",
        "StoreError": ".errors",
        "StoreFull": ".errors",
        "StoreRefused": ".errors",
        "StoreUnavailable": ".errors",
        "Subscription": ".pubsub",
        "ValueTooLarge": ".errors",
    },
)
