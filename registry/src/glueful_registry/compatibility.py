"""Version ranges, checked although pip should have: people install with ``--no-deps``."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement
from packaging.version import InvalidVersion

from .errors import PluginError, PluginMissingRequirement, PluginVersionConflict
from .metadata import PluginInfo

VersionOf = Callable[[str], str | None]


def installed_version(distribution: str) -> str | None:
    """The version of an installed distribution, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def check(info: PluginInfo, version_of: VersionOf = installed_version) -> PluginError | None:
    """The first hard requirement of a plugin that is missing or outside its range.

    Args:
        info: the plugin.
        version_of: the installed version of a distribution by name.
    """
    for requirement in info.requires:
        found = version_of(requirement.name)
        if found is None:
            return PluginMissingRequirement(info.name, requirement)
        if not _satisfies(requirement, found):
            return PluginVersionConflict(info.name, requirement, found)
    return None


def _satisfies(requirement: Requirement, found: str) -> bool:
    """A pre-release that is installed was asked for by somebody: it counts as any other version."""
    try:
        return requirement.specifier.contains(found, prereleases=True)
    except InvalidVersion:
        return False
