"""Transactions: one connection, one task, savepoints inside, and callbacks that know how it ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import CommitOutcomeUnknown, DatabaseError, TransactionAborted, TransactionError, TransactionTaskError

if TYPE_CHECKING:
    from .engine import Engine
    from .session import Isolation, Session

Callback: TypeAlias = Callable[[], Awaitable[object] | object]
"""Called without arguments; may be ``async def``."""

_log = logging.getLogger("glueful.orm")


class Frame:
    """The transaction itself, or a savepoint in it."""

    __slots__ = ("after_commit", "after_rollback", "failed")

    def __init__(self) -> None:
        self.after_commit: list[Callback] = []
        self.after_rollback: list[Callback] = []
        self.failed = False


class Transaction:
    """A transaction that has begun. ``async with transaction() as current`` gives it."""

    __slots__ = ("engine", "frames", "is_open", "is_read_only", "isolation", "session", "task")

    def __init__(self, engine: "Engine", session: "Session", isolation: "Isolation | None", read_only: bool) -> None:
        self.engine = engine
        self.session = session
        self.isolation = isolation
        self.is_read_only = read_only
        self.task = asyncio.current_task()
        self.frames = [Frame()]
        self.is_open = True

    @property
    def depth(self) -> int:
        """Number of savepoints that are open."""
        return len(self.frames) - 1

    def after_commit(self, callback: Callback) -> None:
        """Call ``callback`` once the outermost transaction is committed; never, if this savepoint is rolled back."""
        self.frames[-1].after_commit.append(callback)

    def after_rollback(self, callback: Callback) -> None:
        """Call ``callback`` once this savepoint, one around it or the transaction is rolled back."""
        self.frames[-1].after_rollback.append(callback)

    def check_owner(self) -> None:
        """Raise ``TransactionTaskError`` unless the task that began the transaction is running."""
        task = asyncio.current_task()
        if task is not self.task:
            raise TransactionTaskError(_name(self.task), _name(task))

    def session_for_statement(self) -> "Session":
        """The connection, for the owner and while no statement has failed."""
        self.check_owner()
        if self.frames[-1].failed:
            raise TransactionAborted
        return self.session

    def statement_failed(self) -> None:
        """Refuse every further statement until the savepoint is rolled back.

        PostgreSQL does so by itself. SQLite would go on, and code tried on SQLite would fail on PostgreSQL.
        """
        self.frames[-1].failed = True


class TransactionContext:
    """``async with``: the outermost one is a transaction, one inside it a savepoint.

    Args:
        engine: called on entry.
        isolation: None for the database's default.
        read_only: refuse to write.
        allow_nested: False refuses to be a savepoint.
    """

    __slots__ = ("_allow_nested", "_engine", "_isolation", "_read_only", "_transaction")

    def __init__(
        self,
        engine: "Callable[[], Engine]",
        *,
        isolation: "Isolation | None" = None,
        read_only: bool = False,
        allow_nested: bool = True,
    ) -> None:
        self._engine = engine
        self._isolation = isolation
        self._read_only = read_only
        self._allow_nested = allow_nested
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> Transaction:
        if self._transaction is not None:
            raise TransactionError("a transaction object was entered twice", "call transaction() for each block")
        engine = self._engine()
        current: Transaction | None = engine.current_transaction.get()
        if current is not None and current.is_open:
            await self._enter_savepoint(current)
            self._transaction = current
            return current
        session = await engine.begin(self._isolation, self._read_only)
        self._transaction = Transaction(engine, session, self._isolation, self._read_only)
        engine.current_transaction.set(self._transaction)
        return self._transaction

    async def __aexit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        transaction = self._transaction
        if transaction is None:
            raise TransactionError("a transaction was left that had not been entered")
        if len(transaction.frames) > 1:
            await _leave_savepoint(transaction, error)
        else:
            await _leave(transaction, error)

    async def _enter_savepoint(self, transaction: Transaction) -> None:
        session = transaction.session_for_statement()
        if not self._allow_nested:
            raise TransactionError("a transaction is already running, and this one must not be nested")
        if self._isolation not in (None, transaction.isolation):
            raise TransactionError(
                f"a savepoint cannot have its own isolation level ({self._isolation})",
                "set it on the outermost transaction()",
            )
        if self._read_only and not transaction.is_read_only:
            raise TransactionError("a savepoint cannot be read-only inside a transaction that writes")
        try:
            await session.control(f"SAVEPOINT s{len(transaction.frames)}")
        except BaseException:
            transaction.statement_failed()
            raise
        transaction.frames.append(Frame())


async def _leave_savepoint(transaction: Transaction, error: BaseException | None) -> None:
    frame = transaction.frames.pop()
    name = f"s{len(transaction.frames)}"
    outer = transaction.frames[-1]
    keep = error is None and not frame.failed
    try:
        if not keep:
            await transaction.session.control(f"ROLLBACK TO SAVEPOINT {name}")
        await transaction.session.control(f"RELEASE SAVEPOINT {name}")
    except BaseException as failure:
        outer.failed = True
        outer.after_rollback += frame.after_rollback
        if error is None or not isinstance(failure, DatabaseError):
            raise
        return
    if keep:
        outer.after_commit += frame.after_commit
        outer.after_rollback += frame.after_rollback
        return
    await _call(frame.after_rollback)
    if error is None:
        raise TransactionAborted


async def _leave(transaction: Transaction, error: BaseException | None) -> None:
    frame = transaction.frames[0]
    keep = error is None and not frame.failed
    cancelled: asyncio.CancelledError | None = None
    failure: BaseException | None = None
    try:
        if keep:
            cancelled, failure = await _to_its_end(transaction.session.commit())
        else:
            await transaction.session.rollback()
    except DatabaseError:
        pass  # The block's own error says more; a connection that cannot roll back is closed, which rolls back.
    finally:
        transaction.is_open = False
        transaction.engine.current_transaction.set(None)
        transaction.engine.release(transaction.session)
    if not isinstance(failure, CommitOutcomeUnknown):
        await _call(frame.after_commit if keep and failure is None else frame.after_rollback)
    if cancelled is not None:
        raise cancelled
    if failure is not None:
        raise failure
    if not keep and error is None:
        raise TransactionAborted


async def _to_its_end(commit: Awaitable[None]) -> tuple[asyncio.CancelledError | None, BaseException | None]:
    # A COMMIT that was sent cannot be taken back: a cancellation waits until its outcome is known, so that the
    # callbacks that depend on the outcome are told the truth. The driver's own time limit bounds the wait.
    future = asyncio.ensure_future(commit)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        waiter = future.get_loop().create_future()
        future.add_done_callback(partial(_wake, waiter))
        try:
            await waiter
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled, future.exception()


def _wake(waiter: "asyncio.Future[None]", _: object) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _call(callbacks: list[Callback]) -> None:
    for callback in callbacks:
        try:
            result = callback()
            if isawaitable(result):
                await result
        except Exception:
            # The transaction has ended: raising would tell the caller that it failed, and starve the other callbacks.
            _log.exception("a callback after a transaction failed: %r", callback)


def _name(task: "asyncio.Task[Any] | None") -> str:
    return task.get_name() if task is not None else "none"
