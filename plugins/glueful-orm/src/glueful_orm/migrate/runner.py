"""Applying and reverting migrations of many apps, in order, one process at a time, each whole or not at all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING, NamedTuple

from .changes import Change
from .conf import piccolo_conf
from .database import Database
from .errors import (
    AppMissing,
    MigrationChanged,
    MigrationError,
    MigrationFailed,
    MigrationInvalid,
    MigrationIrreversible,
    MigrationUnsafe,
)
from .files import load
from .hazards import hazards, hazards_of_code
from .ledger import Ledger
from .order import in_order
from .postgres import PostgresCompiler
from .reader import Fetch
from .render import Dialect
from .sources import MigrationSource
from .sqlite import SqliteCompiler
from .state import State, Step
from .timeline import MigrationState, Task, Timeline, state_of

if TYPE_CHECKING:
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager

    from ..engines import Engine
    from ..settings import OrmSettings

Observer = Callable[[str, str, str], Awaitable[object]]
"""Called with app, name and direction after each migration."""


class MigrationStatus(NamedTuple):
    """A line of ``glueful db status``."""

    app: str
    name: str
    state: MigrationState
    applied_at: str
    """UTC, ISO 8601; empty for a pending one."""


class PlannedMigration(NamedTuple):
    """What ``migrate`` or ``rollback`` would do."""

    app: str
    name: str
    direction: str
    changes: tuple[Change, ...]
    statements: tuple[str, ...]
    """SQL, as far as it can be known before the earlier ones are applied."""
    hazards: tuple[str, ...]
    runs_code: bool
    is_atomic: bool


class Migrator:
    """Knows the migrations of all apps and the state of one database.

    Args:
        engine: open; nothing else may write through it while migrations run.
        sources: of all apps, in the order of their plugins.
        settings: of the plugin.
        is_production: refuse what is unsafe unless it is allowed.
        observer: called after each migration.

    Raises:
        AppDuplicated, AppMissing, MigrationCycle: the sources do not fit together.
    """

    def __init__(
        self,
        engine: "Engine",
        sources: Sequence[MigrationSource],
        settings: "OrmSettings",
        *,
        is_production: bool = False,
        observer: Observer | None = None,
    ) -> None:
        self.sources = in_order(sources)
        self.is_production = is_production
        self._settings = settings
        self._observer = observer
        self._database = Database(engine, settings)
        self._ledger = Ledger(self._database)

    async def status(self) -> list[MigrationStatus]:
        """Every known migration: by app in order, then by name.

        Raises:
            MigrationFileInvalid, MigrationDuplicated: files cannot be used.
        """
        applied = {(item.app, item.name): item for item in await self._ledger.applied()}
        lines = []
        for source in self.sources:
            for file in load(source):
                item = applied.pop((file.app, file.name), None)
                lines.append(
                    MigrationStatus(file.app, file.name, state_of(file, item), item.applied_at if item else "")
                )
        known = {source.app for source in self.sources}
        lines += [
            MigrationStatus(item.app, item.name, MigrationState.MISSING, item.applied_at)
            for item in applied.values()
            if item.app in known
        ]
        order = [source.app for source in self.sources]
        return sorted(lines, key=lambda line: (order.index(line.app), line.name))

    async def plan(self) -> list[PlannedMigration]:
        """What ``migrate`` would do now; nothing is changed and no lock is taken."""
        async with self._loaded() as timeline:
            return [await self._planned(task) for task in timeline.pending()]

    async def plan_rollback(self, steps: int = 1, to: str | None = None) -> list[PlannedMigration]:
        """What ``rollback`` would do now."""
        async with self._loaded() as timeline:
            return [await self._planned(task) for task in timeline.revertible(steps, to)]

    async def migrate(self, *, allow_unsafe: bool = False, accept_changed: bool = False) -> list[str]:
        """Apply all pending migrations.

        Args:
            allow_unsafe: in production, also what destroys data or locks a big table.
            accept_changed: take the present files of applied migrations as they are.

        Returns:
            ``app:name`` of each applied one, in order.

        Raises:
            MigrationUnsafe: refused in production; nothing was applied.
            MigrationChanged: the file of an applied migration changed; nothing was applied.
            MigrationFailed: one failed; those before it stay applied.
            MigrationLockTimeout: another process migrates.
        """
        async with self._database.lock():
            return await self._migrate(allow_unsafe=allow_unsafe, accept_changed=accept_changed)

    async def _migrate(self, *, allow_unsafe: bool, accept_changed: bool) -> list[str]:
        await self._ledger.create()
        async with self._loaded() as timeline:
            for file in timeline.changed():
                if not accept_changed:
                    raise MigrationChanged(file.app, [f.name for f in timeline.changed() if f.app == file.app])
                await self._ledger.accept(file)
            return await self._run(timeline.pending(), allow_unsafe)

    async def fresh(self) -> tuple[int, list[str]]:
        """Drop all tables and views, and apply all migrations.

        Returns:
            How many tables were dropped, and ``app:name`` of each applied migration.
        """
        async with self._database.lock():
            dropped = await self._database.drop_all()
            return dropped, await self._migrate(allow_unsafe=True, accept_changed=False)

    async def rollback(self, steps: int = 1, to: str | None = None, *, allow_unsafe: bool = False) -> list[str]:
        """Revert the last applied migrations.

        Args:
            steps: how many, newest first.
            to: instead of ``steps``: ``app:name`` of what is the last applied one afterwards, or ``zero``.
            allow_unsafe: in production, also what destroys data or locks a big table.

        Returns:
            ``app:name`` of each reverted one, in order.

        Raises:
            MigrationNotApplied: ``to`` is not applied, or the file of one to revert is gone.
            MigrationIrreversible: one runs code and has none to undo it; nothing was reverted.
            MigrationUnsafe, MigrationFailed, MigrationLockTimeout: as in ``migrate``.
        """
        async with self._database.lock():
            await self._ledger.create()
            async with self._loaded() as timeline:
                tasks = timeline.revertible(steps, to)
                for task in tasks:
                    manager = await task.file.manager()
                    if manager.raw and not manager.raw_backwards:
                        raise MigrationIrreversible(task.file.app, task.file.name)
                return await self._run(tasks, allow_unsafe)

    async def final_state(self, app: str | None = None) -> State:
        """The tables as all files leave them.

        Raises:
            AppMissing: nobody contributes ``app``.
        """
        if app is not None and app not in {source.app for source in self.sources}:
            raise AppMissing(None, app, [source.app for source in self.sources])
        async with self._loaded() as timeline:
            return timeline.final

    @property
    def dialect(self) -> Dialect:
        """``sqlite`` or ``postgres``."""
        return self._database.dialect

    @property
    def fetch(self) -> Fetch:
        """Asks the database for rows."""
        return self._database.fetch

    async def table_names(self) -> list[str]:
        """Names of all tables of the database."""
        return await self._database.tables()

    @asynccontextmanager
    async def _loaded(self) -> AsyncIterator[Timeline]:
        files = {source.app: load(source) for source in self.sources}
        every = [file for loaded in files.values() for file in loaded]
        with piccolo_conf(self._database.engine, self.sources, every):
            yield await Timeline.build(files, await self._ledger.applied())

    async def _run(self, tasks: Sequence[Task], allow_unsafe: bool) -> list[str]:
        if self.is_production and not allow_unsafe:
            found = [f"{task.file.label} {danger}" for task in tasks for danger in (await self._planned(task)).hazards]
            if found:
                raise MigrationUnsafe(found)
        done = []
        for task in tasks:
            if await self._execute(task):
                done.append(task.file.label)
                if self._observer is not None:
                    await self._observer(task.file.app, task.file.name, task.direction)
        return done

    def _compiler(self, step: Step) -> SqliteCompiler | PostgresCompiler:
        kind = SqliteCompiler if self._database.dialect == "sqlite" else PostgresCompiler
        return kind(step, self._database.fetch)

    async def _planned(self, task: Task) -> PlannedMigration:
        compiler = self._compiler(task.step)
        manager = await task.file.manager()
        raw = manager.raw_backwards if task.is_backwards else manager.raw
        dangers = await hazards(
            task.step, compiler.changes, self._database.dialect, self._database.fetch, self._settings.big_table_rows
        )
        if raw and await self._ledger.applied_of(task.file.app):
            dangers += hazards_of_code(task.file.path)
        return PlannedMigration(
            task.file.app,
            task.file.name,
            task.direction,
            tuple(compiler.changes),
            tuple([statement async for statement in compiler.statements()]),
            tuple(dict.fromkeys(dangers)),
            bool(raw),
            manager.wrap_in_transaction,
        )

    async def _execute(self, task: Task) -> bool:
        """Whether it had to be done: a runner without the lock may have been first."""
        file = task.file
        manager = await file.manager()
        compiler = self._compiler(task.step)
        try:
            if manager.wrap_in_transaction:
                async with self._database.transaction(foreign_keys=not compiler.needs_foreign_keys_off):
                    if await self._ledger.is_applied(file.app, file.name) is not task.is_backwards:
                        return False
                    await self._change(task, manager, compiler)
                    await self._write_down(task)
            else:
                await self._ledger.add(file, is_complete=False)
                await self._change(task, manager, compiler)
                await self._write_down(task)
        except MigrationError:
            raise
        except Exception as error:
            raise MigrationFailed(file.app, file.name, error, is_atomic=manager.wrap_in_transaction) from error
        return True

    async def _change(
        self, task: Task, manager: "MigrationManager", compiler: SqliteCompiler | PostgresCompiler
    ) -> None:
        if manager.fake:
            return
        for function in manager.raw_backwards if task.is_backwards else manager.raw:
            result = function()
            if isawaitable(result):
                await result
        async for statement in compiler.statements():
            await self._database.run(statement)
        for sql, problem in compiler.checks:
            if rows := await self._database.fetch(sql, []):
                raise MigrationInvalid(
                    task.file.app,
                    task.file.name,
                    problem.format(rows[0][0]),
                    "mend the rows or the migration; nothing of it remains",
                )

    async def _write_down(self, task: Task) -> None:
        if task.is_backwards:
            await self._ledger.remove(task.file.app, task.file.name)
        else:
            await self._ledger.add(task.file)
