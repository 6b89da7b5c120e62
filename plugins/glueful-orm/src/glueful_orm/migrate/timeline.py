"""All migrations in the order in which they were applied, or will be, each with the step that it makes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from .errors import MigrationNotApplied
from .files import MigrationFile
from .ledger import Applied
from .state import State, Step, advance


class MigrationState(StrEnum):
    """Where a migration stands."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    """Applied, and its file says something else now."""
    INTERRUPTED = "interrupted"
    """It runs outside a transaction and was not finished; it runs again."""
    MISSING = "missing"
    """Applied, and its file is gone."""


class Task(NamedTuple):
    """One migration, to be applied or reverted."""

    file: MigrationFile
    step: Step
    is_backwards: bool

    @property
    def direction(self) -> str:
        """``forwards`` or ``backwards``."""
        return "backwards" if self.is_backwards else "forwards"


def state_of(file: MigrationFile, item: Applied | None) -> MigrationState:
    """Where a migration stands, by its file and what the ledger says."""
    if item is None:
        return MigrationState.PENDING
    if not item.is_complete:
        return MigrationState.INTERRUPTED
    return MigrationState.APPLIED if item.checksum == file.checksum else MigrationState.CHANGED


class Timeline:
    """The steps of all migrations: those applied in the order in which they were, then the pending ones by name."""

    def __init__(self, steps: dict[tuple[str, str], Task], applied: Sequence[Applied], final: State) -> None:
        self._tasks, self._applied, self.final = steps, applied, final

    @classmethod
    async def build(cls, files: dict[str, list[MigrationFile]], applied: Sequence[Applied]) -> "Timeline":
        """Add the migrations up, app by app.

        Raises:
            MigrationInvalid: one does not fit to those before it.
        """
        state, tasks = State(), {}
        positions = {(item.app, item.name): item.position for item in applied}
        last = len(positions) + max(positions.values(), default=0)
        for app, loaded in files.items():
            for file in sorted(loaded, key=lambda file: (positions.get((file.app, file.name), last), file.name)):
                step = advance(state, app, file.name, await file.manager())
                tasks[app, file.name] = Task(file, step, is_backwards=False)
                state = step.after
        return cls(tasks, applied, state)

    def pending(self) -> list[Task]:
        """Those to apply, in order."""
        complete = {(item.app, item.name) for item in self._applied if item.is_complete}
        return [task for key, task in self._tasks.items() if key not in complete]

    def changed(self) -> list[MigrationFile]:
        """Files of applied migrations that say something else now."""
        items = {(item.app, item.name): item for item in self._applied}
        return [
            task.file
            for key, task in self._tasks.items()
            if state_of(task.file, items.get(key)) is MigrationState.CHANGED
        ]

    def revertible(self, steps: int, to: str | None) -> list[Task]:
        """Those to revert, newest first.

        Raises:
            MigrationNotApplied: ``to`` is not applied, or a file is gone.
        """
        newest_first = sorted(self._applied, key=lambda item: item.position, reverse=True)
        if to is None:
            chosen = newest_first[:steps]
        elif to == "zero":
            chosen = newest_first
        else:
            labels = [f"{item.app}:{item.name}" for item in newest_first]
            if to not in labels:
                raise MigrationNotApplied(to, "is not applied")
            chosen = newest_first[: labels.index(to)]
        tasks = []
        for item in chosen:
            task = self._tasks.get((item.app, item.name))
            if task is None:
                raise MigrationNotApplied(f"{item.app}:{item.name}", "is applied, and its file is gone")
            tasks.append(Task(task.file, task.step.reversed(), is_backwards=True))
        return tasks
