"""Plugin discovery, dependency order and compatibility for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .catalogue import OFFICIAL, Official, is_essential, is_official
    from .discovery import candidates, discover
    from .errors import (
        InvalidHook,
        NotAPlugin,
        PluginCycle,
        PluginDuplicate,
        PluginError,
        PluginImportFailed,
        PluginMissingRequirement,
        PluginNotFound,
        PluginShadowsOfficial,
        PluginVersionConflict,
        UnknownHook,
        cause_and_fix,
        described,
        nearest,
    )
    from .loading import has_implementations, target_of
    from .metadata import PluginInfo
    from .planning import plan
    from .rendering import diagnosis_lines, fact_lines, graph_lines, mermaid_lines, table_lines
    from .report import PluginStatus, Report, State

__all__ = [
    "OFFICIAL",
    "InvalidHook",
    "NotAPlugin",
    "Official",
    "PluginCycle",
    "PluginDuplicate",
    "PluginError",
    "PluginImportFailed",
    "PluginInfo",
    "PluginMissingRequirement",
    "PluginNotFound",
    "PluginShadowsOfficial",
    "PluginStatus",
    "PluginVersionConflict",
    "Report",
    "State",
    "UnknownHook",
    "candidates",
    "cause_and_fix",
    "described",
    "diagnosis_lines",
    "discover",
    "fact_lines",
    "graph_lines",
    "has_implementations",
    "is_essential",
    "is_official",
    "mermaid_lines",
    "nearest",
    "plan",
    "table_lines",
    "target_of",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "OFFICIAL": ".catalogue",
        "InvalidHook": ".errors",
        "NotAPlugin": ".errors",
        "Official": ".catalogue",
        "PluginCycle": ".errors",
        "PluginDuplicate": ".errors",
        "PluginError": ".errors",
        "PluginImportFailed": ".errors",
        "PluginInfo": ".metadata",
        "PluginMissingRequirement": ".errors",
        "PluginNotFound": ".errors",
        "PluginShadowsOfficial": ".errors",
        "PluginStatus": ".report",
        "PluginVersionConflict": ".errors",
        "Report": ".report",
        "State": ".report",
        "UnknownHook": ".errors",
        "candidates": ".discovery",
        "cause_and_fix": ".errors",
        "described": ".errors",
        "diagnosis_lines": ".rendering",
        "discover": ".discovery",
        "fact_lines": ".rendering",
        "graph_lines": ".rendering",
        "has_implementations": ".loading",
        "is_essential": ".catalogue",
        "is_official": ".catalogue",
        "mermaid_lines": ".rendering",
        "nearest": ".errors",
        "plan": ".planning",
        "table_lines": ".rendering",
        "target_of": ".loading",
    },
)
