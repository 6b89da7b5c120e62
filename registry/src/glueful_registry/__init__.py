"""Plugin discovery, dependency order and compatibility for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .catalogue import OFFICIAL, Official, is_essential, is_official
    from .discovery import discover
    from .errors import (
        PluginCycle,
        PluginDuplicate,
        PluginError,
        PluginMissingRequirement,
        PluginNotFound,
        PluginShadowsOfficial,
        PluginVersionConflict,
    )
    from .metadata import PluginInfo
    from .planning import plan
    from .report import PluginStatus, Report, State

__all__ = [
    "OFFICIAL",
    "Official",
    "PluginCycle",
    "PluginDuplicate",
    "PluginError",
    "PluginInfo",
    "PluginMissingRequirement",
    "PluginNotFound",
    "PluginShadowsOfficial",
    "PluginStatus",
    "PluginVersionConflict",
    "Report",
    "State",
    "discover",
    "is_essential",
    "is_official",
    "plan",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "OFFICIAL": ".catalogue",
        "Official": ".catalogue",
        "PluginCycle": ".errors",
        "PluginDuplicate": ".errors",
        "PluginError": ".errors",
        "PluginInfo": ".metadata",
        "PluginMissingRequirement": ".errors",
        "PluginNotFound": ".errors",
        "PluginShadowsOfficial": ".errors",
        "PluginStatus": ".report",
        "PluginVersionConflict": ".errors",
        "Report": ".report",
        "State": ".report",
        "discover": ".discovery",
        "is_essential": ".catalogue",
        "is_official": ".catalogue",
        "plan": ".planning",
    },
)
