"""The order in which apps are migrated: what is required comes first, else as contributed."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from .errors import AppDuplicated, AppMissing, MigrationCycle
from .sources import MigrationSource


def in_order(sources: Sequence[MigrationSource]) -> list[MigrationSource]:
    """Sort sources so that each comes after those it requires; otherwise as given.

    Raises:
        AppDuplicated: two sources have one app name.
        AppMissing: an app requires one that nobody contributes.
        MigrationCycle: apps require each other; carries the whole path.
    """
    by_app: dict[str, MigrationSource] = {}
    for source in sources:
        if source.app in by_app:
            raise AppDuplicated(source.app, by_app[source.app].folder, source.folder)
        by_app[source.app] = source
    position = {app: index for index, app in enumerate(by_app)}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source in sources:
        for required in source.requires:
            if required not in by_app:
                raise AppMissing(source.app, required, sorted(by_app))
        sorter.add(source.app, *source.requires)
    try:
        sorter.prepare()
    except CycleError as error:
        raise MigrationCycle(list(reversed(error.args[1]))) from error
    ordered: list[MigrationSource] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        app = ready.pop(0)
        ordered.append(by_app[app])
        sorter.done(app)
    return ordered


def required_by(app: str, sources: Sequence[MigrationSource]) -> set[str]:
    """The apps that an app requires, and those that they require."""
    requires = {source.app: source.requires for source in sources}
    found: set[str] = set()
    waiting = list(requires.get(app, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(requires.get(name, ()))
    return found
