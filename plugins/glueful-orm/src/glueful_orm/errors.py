"""What can go wrong with a database, in the same types on SQLite and PostgreSQL.

No message holds a value that was bound to a statement: drivers put them into theirs, so those are never passed on, not
even as ``__cause__``.
"""

from typing import ClassVar

from glueful_hookspecs import GluefulError

# --- the root ---------------------------------------------------------------------------------------------------------


class DatabaseError(GluefulError):
    """Anything that the database, its driver or the way to it refused.

    Args:
        what: one sentence, without values.
        fix: what to do; empty where nothing can be advised.
        sqlstate: the five characters of SQL:2016 section 24 as PostgreSQL gave them; None on SQLite.
    """

    code: ClassVar[str] = "database.error"

    def __init__(self, what: str, fix: str = "", *, sqlstate: str | None = None) -> None:
        self.sqlstate = sqlstate
        super().__init__(what, fix)


class RaisedInDatabase(DatabaseError):
    """A trigger or function of the database refused on purpose (PostgreSQL ``RAISE``, SQLite ``RAISE(ABORT, ...)``).

    ``server_message`` is its text; it is not part of this error's own message, since it may hold values.
    """

    code: ClassVar[str] = "database.raised"

    def __init__(self, server_message: str, *, sqlstate: str | None = None) -> None:
        self.server_message = server_message
        super().__init__("a trigger or function of the database refused the statement", sqlstate=sqlstate)


class InvalidStatement(DatabaseError):
    """The SQL itself is wrong: syntax, an unknown table or column, the wrong number of arguments."""

    code: ClassVar[str] = "database.invalid_statement"


class InsufficientPrivilege(DatabaseError):
    """The database user may not do this."""

    code: ClassVar[str] = "database.insufficient_privilege"


class DiskFull(DatabaseError):
    """No room is left for the data; nothing of the statement was stored."""

    code: ClassVar[str] = "database.disk_full"


class ReadOnlyTransaction(DatabaseError):
    """A statement tried to write where only reading is allowed: a read-only transaction, file or server."""

    code: ClassVar[str] = "database.read_only"


# --- constraints ------------------------------------------------------------------------------------------------------


class ConstraintViolation(DatabaseError):
    """A row breaks a constraint of its table.

    Attributes:
        table: the table; empty where the database does not say.
        columns: the columns of the constraint; empty where the database does not say.
        constraint: the name of the constraint; empty where the database does not say.
    """

    code: ClassVar[str] = "database.constraint_violation"
    _label: ClassVar[str] = "a constraint"

    def __init__(
        self, *, table: str = "", columns: tuple[str, ...] = (), constraint: str = "", sqlstate: str | None = None
    ) -> None:
        self.table = table
        self.columns = columns
        self.constraint = constraint
        where = f"{table or '?'}({', '.join(columns)})" if columns else table or "a table"
        named = f" ({constraint})" if constraint else ""
        super().__init__(f"{where}: a row violates {self._label}{named}", sqlstate=sqlstate)


class UniqueViolation(ConstraintViolation):
    """Another row has these values already. ``columns`` is empty for an index over expressions."""

    code: ClassVar[str] = "database.unique_violation"
    _label: ClassVar[str] = "a unique constraint"


class ForeignKeyViolation(ConstraintViolation):
    """The row that is pointed to does not exist, or is still pointed to. SQLite names neither table nor columns."""

    code: ClassVar[str] = "database.foreign_key_violation"
    _label: ClassVar[str] = "a foreign key"


class NotNullViolation(ConstraintViolation):
    """A column that must have a value was given none."""

    code: ClassVar[str] = "database.not_null_violation"
    _label: ClassVar[str] = "NOT NULL"

    @property
    def column(self) -> str:
        """The column without a value."""
        return self.columns[0] if self.columns else ""


class CheckViolation(ConstraintViolation):
    """A ``CHECK`` is false for the row. On SQLite ``constraint`` is its expression where it has no name."""

    code: ClassVar[str] = "database.check_violation"
    _label: ClassVar[str] = "a check"


# --- values -----------------------------------------------------------------------------------------------------------


class DataError(DatabaseError):
    """A value that the column's type, or the driver, cannot take.

    Attributes:
        argument: position of the value among the statement's arguments, from 1; None where unknown.
        reason: what is wrong, without the value.
        table: where it should be stored; empty where the statement is not a model's.
        columns: the attribute that it was given for; empty likewise.
    """

    code: ClassVar[str] = "database.invalid_data"

    def __init__(
        self,
        reason: str,
        *,
        argument: int | None = None,
        sqlstate: str | None = None,
        table: str = "",
        columns: tuple[str, ...] = (),
    ) -> None:
        self.reason = reason
        self.argument = argument
        self.table, self.columns = table, columns
        if columns:
            position = f"{table}({', '.join(columns)}): "
        elif argument is not None:
            position = f"argument {argument} of the statement: "
        else:
            position = "a value of the statement: "
        super().__init__(position + reason, sqlstate=sqlstate)

    def of(self, table: str, column: str) -> "DataError":
        """The same error, with its place."""
        kind = type(self)
        return kind(self.reason, argument=self.argument, sqlstate=self.sqlstate, table=table, columns=(column,))


class NumericOverflow(DataError):
    """A number or a time is outside what its column can hold."""

    code: ClassVar[str] = "database.numeric_overflow"


class StoredValueInvalid(DatabaseError):
    """A stored value does not fit the type that its column declares (SQLite does not enforce types), or its cast.

    Attributes:
        table: where it is stored; empty where the statement is not a model's.
        column: the attribute; likewise.
    """

    code: ClassVar[str] = "database.stored_value_invalid"

    def __init__(self, table: str = "", column: str = "") -> None:
        self.table, self.column = table, column
        super().__init__(
            f"{table}({column}): a stored value does not fit the type of the attribute"
            if column
            else "a stored value does not fit the declared type of its column",
            "correct the row, or read the column untyped: SELECT +column",
        )


# --- conflicts between transactions: running the whole transaction again may succeed ----------------------------------


class TransactionConflict(DatabaseError):
    """Another transaction was in the way; ``run_in_transaction(..., retries=3)`` runs the whole again."""

    code: ClassVar[str] = "database.conflict"


class SerializationFailure(TransactionConflict):
    """The isolation level cannot be kept: another transaction changed what this one had read."""

    code: ClassVar[str] = "database.serialization_failure"


class Deadlock(TransactionConflict):
    """This transaction and another wait for each other; the database chose to end this one."""

    code: ClassVar[str] = "database.deadlock"


class SchemaChanged(TransactionConflict):
    """A table was altered while a transaction used it: its prepared statements have another result type now."""

    code: ClassVar[str] = "database.schema_changed"


# --- waiting ----------------------------------------------------------------------------------------------------------


class LockTimeout(DatabaseError):
    """A lock that another transaction holds was not released in time (SQLite: ``database is locked``)."""

    code: ClassVar[str] = "database.lock_timeout"


class StatementTimeout(DatabaseError):
    """A statement ran longer than it may and was stopped; nothing of it was stored."""

    code: ClassVar[str] = "database.statement_timeout"


class PoolTimeout(DatabaseError):
    """Every connection stayed in use for longer than a caller may wait.

    Attributes:
        waited_seconds: how long the caller waited.
        size: number of connections of the pool.
        waiting: number of other callers that wait.
    """

    code: ClassVar[str] = "database.pool_timeout"

    def __init__(self, pool: str, *, waited_seconds: float, size: int, waiting: int, advice: str = "") -> None:
        self.waited_seconds = waited_seconds
        self.size = size
        self.waiting = waiting
        super().__init__(
            f"{pool}: all {size} in use for {waited_seconds:g} s, {waiting} other callers wait",
            advice,
        )


# --- the connection ---------------------------------------------------------------------------------------------------


class ConnectionLost(DatabaseError):
    """The connection broke while it was used. In a transaction, nothing of it was stored."""

    code: ClassVar[str] = "database.connection_lost"


class DatabaseUnreachable(ConnectionLost):
    """No connection could be opened.

    Attributes:
        may_pass: whether trying again a moment later may succeed: the server starts, or has no free place.
    """

    code: ClassVar[str] = "database.unreachable"

    def __init__(self, what: str, fix: str = "", *, may_pass: bool = False, sqlstate: str | None = None) -> None:
        self.may_pass = may_pass
        super().__init__(what, fix, sqlstate=sqlstate)


class CommitOutcomeUnknown(ConnectionLost):
    """The connection broke between sending ``COMMIT`` and its answer: the data may be stored, or not.

    Never retried: look whether the rows are there, or make the operation idempotent.
    """

    code: ClassVar[str] = "database.commit_outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "the connection was lost during COMMIT: whether the transaction is stored is unknown",
            "look for its rows before doing it again",
        )


# --- wrong use --------------------------------------------------------------------------------------------------------


class DatabaseNotBound(DatabaseError):
    """A model was used, and no database belongs to this context."""

    code: ClassVar[str] = "database.not_bound"

    def __init__(self, bound: int) -> None:
        self.bound = bound
        if bound:
            what = f"{bound} databases are bound to applications, and this code runs inside none of them"
        else:
            what = "no database is bound"
        super().__init__(
            what,
            "serve through an application that has glueful-orm, or wrap the code: async with connect(url): ...",
        )


class EngineClosed(DatabaseError):
    """A statement was sent through an engine that is not open, or open in another event loop."""

    code: ClassVar[str] = "database.closed"

    def __init__(self, engine: str, *, is_elsewhere: bool = False) -> None:
        self.is_elsewhere = is_elsewhere
        super().__init__(
            f"{engine} is open in another event loop" if is_elsewhere else f"{engine} is not open",
            "await engine.open() in the event loop that uses it, or: async with connect(url): ...",
        )


class InvalidDatabaseURL(DatabaseError):
    """The URL of a database cannot be read. The message never holds the URL: it may contain a password."""

    code: ClassVar[str] = "database.invalid_url"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"the database URL {problem}",
            "sqlite:///file, sqlite:////absolute/file, sqlite://:memory: or "
            "postgresql://user:password@host:port/database; percent-encode special characters of the password",
        )


class TransactionError(DatabaseError):
    """A transaction was used wrongly."""

    code: ClassVar[str] = "database.transaction"


class TransactionAborted(TransactionError):
    """An earlier statement of this transaction failed, so nothing more can be done in it, not even COMMIT."""

    code: ClassVar[str] = "database.transaction_aborted"

    def __init__(self) -> None:
        super().__init__(
            "an earlier statement of this transaction failed, and its error was swallowed inside the block",
            "let the error leave the block, or wrap what may fail in an inner: async with transaction(): ...",
        )


class BegunByHand(TransactionError):
    """A statement left a transaction open that nobody would end; it was rolled back."""

    code: ClassVar[str] = "database.begun_by_hand"

    def __init__(self) -> None:
        super().__init__(
            "a statement began a transaction by hand, and it was rolled back", "use: async with transaction(): ..."
        )


class TransactionTaskError(TransactionError):
    """A transaction was used from an asyncio task that did not begin it."""

    code: ClassVar[str] = "database.transaction_task"

    def __init__(self, owner: str, caller: str) -> None:
        self.owner = owner
        self.caller = caller
        super().__init__(
            f"task {caller!r} used the transaction of task {owner!r}: a transaction is one sequence of statements",
            "await the statements one after another (no gather, no create_task, asyncio.timeout() for wait_for()), "
            "or start the task outside the transaction: with outside_transaction(): ...",
        )
