"""A microkernel that composes Litestar applications out of plugins."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .app import create_app
    from .errors import BootFailed, SettingsError, StartupFailed
    from .kernel import Kernel
    from .services import Services, service
    from .settings import KernelSettings, PluginsSettings

__all__ = [
    "BootFailed",
    "Kernel",
    "KernelSettings",
    "PluginsSettings",
    "Services",
    "SettingsError",
    "StartupFailed",
    "create_app",
    "service",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "BootFailed": ".errors",
        "Kernel": ".kernel",
        "KernelSettings": ".settings",
        "PluginsSettings": ".settings",
        "Services": ".services",
        "SettingsError": ".errors",
        "StartupFailed": ".errors",
        "create_app": ".app",
        "service": ".services",
    },
)
