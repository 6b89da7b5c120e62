"""The plan: which plugins start, in which order, and why the others do not."""

from collections.abc import Collection, Iterable, Sequence

from packaging.utils import canonicalize_name

from .catalogue import OFFICIAL, is_official
from .compatibility import VersionOf, check, installed_version
from .errors import PluginCycle, PluginDuplicate, PluginError, PluginShadowsOfficial
from .graph import Edges, find_cycle, order, requirements_of, with_soft_edges
from .metadata import PluginInfo
from .report import Report


def plan(
    infos: Sequence[PluginInfo],
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    safe_mode: bool = False,
    version_of: VersionOf = installed_version,
) -> Report:
    """Decide which plugins start, importing none.

    Args:
        infos: what was discovered, and objects that the application passed.
        only: start these and what they require; None for all.
        without: do not start these.
        safe_mode: start official plugins and the application's own objects only.
        version_of: the installed version of a distribution by name.

    Raises:
        PluginNotFound: a name in ``only`` or ``without`` that no plugin has.
    """
    by_name, errors = _refuse_duplicates(infos)
    hard, soft = _edges(by_name, "requires"), _edges(by_name, "extras")
    while (cycle := find_cycle(hard)) is not None:
        error = PluginCycle(cycle)
        errors.append((error.plugin, error))
        hard = {**hard, cycle[0]: hard[cycle[0]] - {cycle[1]}}
    edges, dropped = with_soft_edges(hard, soft)
    positions = {info.name: index for index, info in enumerate(infos) if info.distribution is None}
    ranks = {name: (positions.get(name, -1), name) for name in by_name}
    ordered = [by_name[name] for name in order(edges, ranks)]
    report = Report(ordered, hard, _notes(dropped, ordered))
    _disable(report, hard, only, without, safe_mode)
    for name, failure in errors:
        report.fail(name, failure)
    for name in report.order:
        if (failure_or_none := check(by_name[name], version_of)) is not None:
            report.fail(name, failure_or_none)
    return report


def _refuse_duplicates(infos: Sequence[PluginInfo]) -> tuple[dict[str, PluginInfo], list[tuple[str, PluginError]]]:
    by_name: dict[str, PluginInfo] = {}
    errors: list[tuple[str, PluginError]] = []
    for info in infos:
        first = by_name.setdefault(info.name, info)
        if first is not info:
            pair = [first, info]
            owners = [item.distribution or "the application" for item in pair]
            errors.append((info.name, PluginDuplicate(info.name, owners, [item.location or "-" for item in pair])))
        official = OFFICIAL.get(info.name)
        if info.distribution and official and official.distribution != info.distribution:
            shadow = PluginShadowsOfficial(info.name, info.distribution, official.distribution, info.location)
            errors.append((info.name, shadow))
    return by_name, errors


def _edges(by_name: dict[str, PluginInfo], field: str) -> Edges:
    owners: dict[str, set[str]] = {}
    for info in by_name.values():
        if info.distribution:
            owners.setdefault(info.distribution, set()).add(info.name)
    edges = {}
    for name, info in by_name.items():
        wanted = {str(canonicalize_name(requirement.name)) for requirement in getattr(info, field)}
        needed = {plugin for distribution in wanted for plugin in owners.get(distribution, ())}
        edges[name] = frozenset(needed - {name} - owners.get(info.distribution or "", set()))
    return edges


def _disable(
    report: Report, hard: Edges, only: Collection[str] | None, without: Collection[str], safe_mode: bool
) -> None:
    for name in sorted({*(only or ()), *without}):
        report.get(str(canonicalize_name(name)))
    kept = None if only is None else {str(canonicalize_name(name)) for name in only}
    if kept is not None:
        kept |= {needed for name in kept for needed in requirements_of(name, hard)}
    unwanted = {str(canonicalize_name(name)) for name in without}
    for status in report.plugins:
        info = status.info
        is_stranger = safe_mode and info.distribution is not None and not is_official(info.name, info.distribution)
        if info.name in unwanted or is_stranger or (kept is not None and info.name not in kept):
            report.disable(info.name)


def _notes(dropped: list[tuple[str, str]], infos: Iterable[PluginInfo]) -> list[str]:
    notes = [
        f"{name} would come after {other} (an extra names it), but {other} requires {name}" for name, other in dropped
    ]
    notes += [
        f"{info.name}: nothing records where {info.distribution} was installed from"
        for info in infos
        if info.distribution and not info.has_source
    ]
    return notes
