"""What a distribution says about its plugins: the package's own metadata is the manifest."""

import re
from importlib.metadata import Distribution
from inspect import ismodule
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


class PluginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin, as announced; nothing of it is imported."""

    name: str
    """The name of its entry point, normalised as distribution names are."""
    value: str = ""
    """``module:attribute`` of the entry point; empty for an object that an application passed."""
    distribution: str | None = None
    """Normalised name of the distribution; None for an object that an application passed."""
    version: str | None = None
    summary: str = ""
    requires: tuple[Any, ...] = ()
    """``packaging.requirements.Requirement`` of each distribution required here, on this Python."""
    extras: tuple[Any, ...] = ()
    """Requirements of the extras: whom it wants to come after, if they are there."""
    location: str = ""
    """Path of the distribution's metadata."""
    has_source: bool = True
    """Whether the installer recorded where the distribution came from or what it installed."""

    @classmethod
    def from_object(cls, plugin: object) -> "PluginInfo":
        """The info of a plugin object or module: no distribution, no requirements, after all installed ones.

        Its name is its attribute ``name``, or made of its module or class: ``AcmeAuditPlugin`` is ``acme-audit``. Its
        docstring is the summary.
        """
        lines = (plugin.__doc__ or "").strip().splitlines()
        return cls(name=str(canonicalize_name(_name_of(plugin))), summary=lines[0] if lines else "")


def _name_of(plugin: object) -> str:
    given = getattr(plugin, "name", None)
    if isinstance(given, str):
        return given
    if ismodule(plugin):
        return plugin.__name__.rpartition(".")[2].replace("_", "-")
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", type(plugin).__name__.removesuffix("Plugin"))
    return "-".join(words).lower() or "plugin"


def requirements_of(distribution: Distribution) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...]]:
    """Hard requirements and those of extras; markers that do not hold here are left out.

    A line that is no valid requirement is left out too: pip has refused it at installation.
    """
    extras = distribution.metadata.get_all("Provides-Extra") or []
    hard: list[Requirement] = []
    soft: list[Requirement] = []
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}):
            hard.append(requirement)
        elif any(marker.evaluate({"extra": extra}) for extra in extras):
            soft.append(requirement)
    return tuple(hard), tuple(soft)


def describe(name: str, value: str, distribution: Distribution) -> PluginInfo:
    """The info of one entry point.

    Args:
        name: of the entry point.
        value: of the entry point.
        distribution: that declares it.
    """
    hard, soft = requirements_of(distribution)
    return PluginInfo(
        name=str(canonicalize_name(name)),
        value=value,
        distribution=str(canonicalize_name(distribution.name)),
        version=distribution.version,
        summary=distribution.metadata["Summary"] or "",
        requires=hard,
        extras=soft,
        location=str(getattr(distribution, "_path", "")),
        has_source=any(distribution.read_text(file) is not None for file in ("RECORD", "direct_url.json")),
    )
