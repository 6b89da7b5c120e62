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
    from .settings import RedisSettings

__all__ = [
    "KeyInvalid",
    "LeaseLost",
    "LockTaken",
    "NotAnInteger",
    "RedisClients",
    "RedisNotConfigured",
    "RedisSettings",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "StoreUnavailable",
    "ValueTooLarge",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "KeyInvalid": ".errors",
        "LeaseLost": ".errors",
        "LockTaken": ".errors",
        "NotAnInteger": ".errors",
        "RedisClients": ".clients",
        "RedisNotConfigured": ".errors",
        "RedisSettings": ".settings",
        "StoreError": ".errors",
        "StoreFull": ".errors",
        "StoreRefused": ".errors",
        "StoreUnavailable": ".errors",
        "ValueTooLarge": ".errors",
    },
)
