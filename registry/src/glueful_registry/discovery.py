"""Finding plugins through entry points, importing none of them."""

from importlib.metadata import EntryPoint, entry_points

from .metadata import PluginInfo, describe

GROUP = "glueful.plugins"


def discover(group: str = GROUP) -> tuple[PluginInfo, ...]:
    """The plugins of all installed distributions, ordered by name and distribution.

    Args:
        group: the entry point group.
    """
    found = {(info.name, info.distribution, info.value): info for info in map(_describe, entry_points(group=group))}
    return tuple(found[key] for key in sorted(found, key=lambda key: tuple(map(str, key))))


def _describe(entry_point: EntryPoint) -> PluginInfo:
    distribution = entry_point.dist
    if distribution is None:
        return PluginInfo(name=entry_point.name, value=entry_point.value)
    return describe(entry_point.name, entry_point.value, distribution)
