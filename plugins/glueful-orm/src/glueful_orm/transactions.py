"""Transactions for users: ``async with transaction(): ...``."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isawaitable
from typing import ParamSpec, TypeVar

from .engines.engine import Engine
from .engines.router import ROUTER
from .engines.session import Isolation
from .engines.transaction import Callback, Transaction, TransactionContext
from .errors import DatabaseNotBound, TransactionConflict, TransactionError

P = ParamSpec("P")
R = TypeVar("R")

FIRST_DELAY_SECONDS = 0.01
GREATEST_DELAY_SECONDS = 1.0


class transaction(TransactionContext):  # noqa: N801 - used as a function
    """A transaction of the database of this context; inside another one, a savepoint.

    As a context manager: committed when the block ends, rolled back when an error leaves it. An error of a statement
    that is caught inside the block spoils the block: put what may fail into an inner ``async with transaction():``.

    As a decorator: ``@transaction(retries=3)`` runs the function again, in a new transaction, when another transaction
    was in the way.

    A transaction belongs to the task that began it: ``gather`` and ``create_task`` inside it are refused.

    Args:
        isolation: ``"read committed"``, ``"repeatable read"`` or ``"serializable"``; None for the database's default.
            SQLite is serializable whatever is asked.
        read_only: refuse to write; on SQLite such a transaction reads a snapshot and keeps nobody waiting.
        retries: for the decorator only, since a block cannot be run again.

    Raises:
        TransactionConflict: another transaction was in the way.
        TransactionAborted: a statement's error was swallowed inside the block.
        TransactionTaskError: another task used it.
        CommitOutcomeUnknown: the connection was lost during ``COMMIT``.
    """

    __slots__ = ("_retries",)

    def __init__(self, isolation: Isolation | None = None, read_only: bool = False, retries: int = 0) -> None:
        super().__init__(_engine, isolation=isolation, read_only=read_only)
        self._retries = retries

    async def __aenter__(self) -> Transaction:
        if self._retries:
            raise TransactionError(
                "a block cannot be run again: retries= has no effect on `async with transaction(...)`",
                "decorate a function with @transaction(retries=3), or call run_in_transaction(function, retries=3)",
            )
        return await super().__aenter__()

    def __call__(self, function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        """Decorate a coroutine function."""
        isolation, read_only, retries = self._isolation, self._read_only, self._retries

        @wraps(function)
        async def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            return await run_in_transaction(
                lambda: function(*args, **kwargs), retries=retries, isolation=isolation, read_only=read_only
            )

        return inner


async def run_in_transaction(
    function: Callable[[], Awaitable[R]],
    *,
    retries: int = 3,
    budget_seconds: float = 10.0,
    isolation: Isolation | None = None,
    read_only: bool = False,
) -> R:
    """Run ``function`` in a transaction, and again from its beginning when another transaction was in the way.

    Only ``TransactionConflict`` is retried: the database has said that nothing was stored. A lost connection is not,
    least of all during ``COMMIT``. Inside another transaction nothing is retried here, since only the outermost one can
    begin anew.

    Args:
        function: called without arguments; it must have no effect outside the database, which ``after_commit`` is for.
        retries: greatest number of further attempts.
        budget_seconds: no further attempt begins this long after the first one began.
        isolation: as for ``transaction``.
        read_only: as for ``transaction``.

    Returns:
        What ``function`` returned in the attempt that was committed.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + budget_seconds
    attempts = 0 if in_transaction() else max(retries, 0)
    delay = FIRST_DELAY_SECONDS
    while True:
        try:
            async with transaction(isolation, read_only):
                return await function()
        except TransactionConflict:
            pause = random.uniform(0, delay)  # noqa: S311 - spreads the attempts of many callers
            if attempts == 0 or loop.time() + pause >= deadline:
                raise
        attempts -= 1
        delay = min(delay * 2, GREATEST_DELAY_SECONDS)
        await asyncio.sleep(pause)


async def after_commit(callback: Callback) -> None:
    """Call ``callback`` once the transaction of this context is committed; at once, where there is none.

    Not called when the savepoint or the transaction that it was registered in is rolled back, or when the outcome of
    the commit is unknown. An error of the callback is logged: the data is stored.

    Args:
        callback: without arguments; may be ``async def``. Runs outside the transaction, in registration order.
    """
    current = _current()
    if current is not None:
        current.check_owner()
        current.after_commit(callback)
        return
    result = callback()
    if isawaitable(result):
        await result


async def after_rollback(callback: Callback) -> None:
    """Call ``callback`` once the savepoint or transaction of this context is rolled back; never, where there is none.

    Args:
        callback: without arguments; may be ``async def``.
    """
    current = _current()
    if current is not None:
        current.check_owner()
        current.after_rollback(callback)


def in_transaction() -> bool:
    """Whether a statement that is sent now would be part of a transaction."""
    return _current() is not None


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Run statements, or start tasks, as if no transaction had begun: they use other connections.

    What they write stays when the transaction is rolled back. On SQLite, where one transaction writes at a time, they
    may read only: a write would wait for the transaction that waits for it, and ends with ``PoolTimeout``.
    """
    variable = ROUTER.engine.current_transaction
    current = variable.get()
    variable.set(None)
    try:
        yield
    finally:
        variable.set(current)


def _engine() -> Engine:
    return ROUTER.engine


def _current() -> Transaction | None:
    try:
        current: Transaction | None = ROUTER.engine.current_transaction.get()
    except DatabaseNotBound:
        return None
    return current if current is not None and current.is_open else None
