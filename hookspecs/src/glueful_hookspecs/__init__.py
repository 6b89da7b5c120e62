"""The contract between Glueful and its plugins: hook specifications and the values that cross them."""

from typing import TYPE_CHECKING

from .lazy import lazy_exports

if TYPE_CHECKING:
    from .errors import GluefulError, HookNotAttached
    from .hooks import Contribution, Hooks, RuntimeHook
    from .markers import HookInfo, HookKind, hook, hook_info, hookimpl
    from .model import StoredModel
    from .numbers import NumberNotFinite, refuse_not_finite
    from .plugin import NoSettings, Plugin
    from .specifications import kernel_specifications
    from .values import (
        Finding,
        HealthCheck,
        HealthResult,
        HealthStatus,
        Principal,
        PrincipalKind,
        Secret,
        Stage,
        Staged,
        current_application,
        current_scope,
        request_id,
    )

__all__ = [
    "Contribution",
    "Finding",
    "GluefulError",
    "HealthCheck",
    "HealthResult",
    "HealthStatus",
    "HookInfo",
    "HookKind",
    "HookNotAttached",
    "Hooks",
    "NoSettings",
    "NumberNotFinite",
    "Plugin",
    "Principal",
    "PrincipalKind",
    "RuntimeHook",
    "Secret",
    "Stage",
    "Staged",
    "StoredModel",
    "current_application",
    "current_scope",
    "hook",
    "hook_info",
    "hookimpl",
    "kernel_specifications",
    "lazy_exports",
    "refuse_not_finite",
    "request_id",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "Contribution": ".hooks",
        "Finding": ".values",
        "GluefulError": ".errors",
        "HealthCheck": ".values",
        "HealthResult": ".values",
        "HealthStatus": ".values",
        "HookInfo": ".markers",
        "HookKind": ".markers",
        "HookNotAttached": ".errors",
        "Hooks": ".hooks",
        "NoSettings": ".plugin",
        "NumberNotFinite": ".numbers",
        "Plugin": ".plugin",
        "Principal": ".values",
        "PrincipalKind": ".values",
        "RuntimeHook": ".hooks",
        "Secret": ".values",
        "Stage": ".values",
        "Staged": ".values",
        "StoredModel": ".model",
        "current_application": ".values",
        "current_scope": ".values",
        "hook": ".markers",
        "hook_info": ".markers",
        "hookimpl": ".markers",
        "kernel_specifications": ".specifications",
        "refuse_not_finite": ".numbers",
        "request_id": ".values",
    },
)
