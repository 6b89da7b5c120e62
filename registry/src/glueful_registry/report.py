"""One object that says of every plugin: active, disabled, blocked by another, or failed and why."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from glueful_hookspecs import GluefulError

from .catalogue import OFFICIAL
from .errors import PluginNotFound, nearest
from .graph import Edges, dependants_of
from .metadata import PluginInfo


class State(StrEnum):
    """Where a plugin stands."""

    ACTIVE = "active"
    DISABLED = "disabled"
    BLOCKED = "blocked"
    FAILED = "failed"


class PluginStatus:
    """A plugin and where it stands.

    Attributes:
        info: what its distribution says.
        state: where it stands.
        error: why it failed; None unless it did.
        blocked_by: the plugin without which it cannot start; None unless it is blocked.
    """

    def __init__(self, info: PluginInfo) -> None:
        self.info = info
        self.state = State.ACTIVE
        self.error: GluefulError | None = None
        self.blocked_by: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        error = self.error
        return {
            "name": self.info.name,
            "state": str(self.state),
            "version": self.info.version,
            "distribution": self.info.distribution,
            "summary": self.info.summary,
            "requires": [str(requirement) for requirement in self.info.requires],
            "location": self.info.location,
            "blocked_by": self.blocked_by,
            "error": None if error is None else {"code": error.code, "what": error.what, "fix": error.fix},
        }


class Report:
    """All plugins in start order.

    Args:
        infos: in start order.
        edges: hard requirements between them.
        notes: remarks for ``doctor``.
    """

    def __init__(self, infos: Iterable[PluginInfo], edges: Edges, notes: Iterable[str] = ()) -> None:
        self._statuses = {info.name: PluginStatus(info) for info in infos}
        self._edges: Mapping[str, frozenset[str]] = edges
        self.notes = list(notes)

    @property
    def plugins(self) -> tuple[PluginStatus, ...]:
        """Every plugin, in start order."""
        return tuple(self._statuses.values())

    @property
    def order(self) -> tuple[str, ...]:
        """Names of the active plugins, each after those that it requires."""
        return tuple(name for name, status in self._statuses.items() if status.state is State.ACTIVE)

    @property
    def errors(self) -> tuple[GluefulError, ...]:
        """What would stop a start."""
        return tuple(status.error for status in self._statuses.values() if status.error is not None)

    def get(self, name: str) -> PluginStatus:
        """One plugin.

        Raises:
            PluginNotFound: no plugin has this name.
        """
        try:
            return self._statuses[name]
        except KeyError:
            raise _not_found(name, self._statuses) from None

    def requirements(self, name: str) -> tuple[str, ...]:
        """Names of the plugins that one requires directly."""
        return tuple(sorted(self._edges.get(name, ())))

    def disable(self, name: str) -> None:
        """Leave a plugin out because somebody asked for it; what requires it is blocked."""
        self.get(name).state = State.DISABLED
        self._block_dependants(name)

    def fail(self, name: str, error: GluefulError) -> None:
        """Take a plugin out because of an error; what requires it is blocked."""
        status = self.get(name)
        status.state, status.error, status.blocked_by = State.FAILED, error, None
        self._block_dependants(name)

    def _block_dependants(self, name: str) -> None:
        for other in dependants_of(name, self._edges):
            status = self._statuses[other]
            if status.state is State.ACTIVE:
                status.state, status.blocked_by = State.BLOCKED, name

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"plugins": [status.as_dict() for status in self.plugins], "notes": self.notes}


def _not_found(name: str, known: Iterable[str]) -> PluginNotFound:
    """The error for a name that no plugin has: with the nearest, or with what to install."""
    official = OFFICIAL.get(name)
    return PluginNotFound(name, nearest(name, known), official.distribution if official else None)
