"""Finding plugins through entry points, importing none of them."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from inspect import ismodule

from glueful_hookspecs import Plugin

from .errors import NotAPlugin
from .loading import has_implementations
from .metadata import PluginInfo, describe

GROUP = "glueful.plugins"


def discover(group: str = GROUP) -> tuple[PluginInfo, ...]:
    """The plugins of all installed distributions, ordered by name and distribution.

    Args:
        group: the entry point group.
    """
    found = {(info.name, info.distribution, info.value): info for info in map(_describe, entry_points(group=group))}
    return tuple(found[key] for key in sorted(found, key=lambda key: tuple(map(str, key))))


def candidates(plugins: Sequence[object] = ()) -> tuple[list[PluginInfo], dict[str, object]]:
    """The installed plugins and those that an application passes as objects.

    Args:
        plugins: objects or modules; one whose class is installed under an entry point stands in for it.

    Returns:
        the infos, and the objects by name.

    Raises:
        NotAPlugin: an object has no hook implementation.
    """
    infos, objects = list(discover()), {}
    by_target = {info.value: info for info in infos}
    for plugin in plugins:
        kind = type(plugin)
        target = plugin.__name__ if ismodule(plugin) else f"{kind.__module__}:{kind.__qualname__}"
        info = by_target.get(target)
        if info is None:
            info = PluginInfo.from_object(plugin)
            if not isinstance(plugin, Plugin) and not has_implementations(plugin):
                raise NotAPlugin(info.name, target, plugin)
            infos.append(info)
        objects[info.name] = plugin
    return infos, objects


def _describe(entry_point: EntryPoint) -> PluginInfo:
    distribution = entry_point.dist
    if distribution is None:
        return PluginInfo(name=entry_point.name, value=entry_point.value)
    return describe(entry_point.name, entry_point.value, distribution)
