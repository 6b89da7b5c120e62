"""What asyncpg raises, as our errors."""

import re

import asyncpg
from asyncpg.exceptions import (
    ClientConfigurationError,
    InterfaceError,
    InternalClientError,
    InvalidCachedStatementError,
    OutdatedSchemaCacheError,
)

from ..errors import (
    CheckViolation,
    ConnectionLost,
    ConstraintViolation,
    DatabaseError,
    DatabaseUnreachable,
    DataError,
    Deadlock,
    DiskFull,
    ForeignKeyViolation,
    InsufficientPrivilege,
    InvalidDatabaseURL,
    InvalidStatement,
    LockTimeout,
    NotNullViolation,
    NumericOverflow,
    RaisedInDatabase,
    ReadOnlyTransaction,
    SchemaChanged,
    SerializationFailure,
    StatementTimeout,
    TransactionAborted,
    UniqueViolation,
)

LOST = "the connection to PostgreSQL was lost"

_KEY = re.compile(r"\((.+?)\)=\(")
_ARGUMENT = re.compile(r"(?:invalid input for )?query argument \$(\d+)")
_CONSTRAINTS: dict[str, type[ConstraintViolation]] = {
    "23502": NotNullViolation,
    "23503": ForeignKeyViolation,
    "23001": ForeignKeyViolation,
    "23505": UniqueViolation,
    "23514": CheckViolation,
}
_REASONS = {
    "22001": "text longer than its column takes",
    "22021": "text with a character that PostgreSQL does not store, such as NUL",
    "22P05": "text with a character that PostgreSQL does not store, such as NUL",
    "22P02": "text that cannot be read as the column's type",
    "22P03": "bytes that cannot be read as the column's type",
    "22007": "text that cannot be read as a date or time",
    "22012": "division by zero",
    "22023": "a parameter with a value that is not allowed",
}


def translate(error: Exception, sql: str = "") -> DatabaseError:
    """Our error for one of asyncpg's, without any value in its message.

    Args:
        error: from asyncpg, from its codecs, or from the socket.
        sql: the statement, which a message about its syntax may name.
    """
    if isinstance(error, DatabaseError):
        return error
    if isinstance(error, InvalidCachedStatementError | OutdatedSchemaCacheError):
        return SchemaChanged("a table that the transaction uses was altered meanwhile", sqlstate="0A000")
    if isinstance(error, InterfaceError | asyncpg.DataError) and (found := _ARGUMENT.match(str(error))):
        # Raised by the encoder, before anything was sent; asyncpg uses the class of the server's errors for it.
        position = int(found[1])
        if isinstance(error.__cause__, OverflowError):
            return NumericOverflow("a number or time outside the range of its type", argument=position)
        return DataError("a value that does not fit its type", argument=position)
    if isinstance(error, asyncpg.PostgresError):
        return _by_state(error, sql)
    if isinstance(error, OverflowError):
        return NumericOverflow("a number or time outside the range of its type")
    if isinstance(error, UnicodeError):
        return DataError("text that is not valid Unicode (a lone surrogate)")
    if isinstance(error, TimeoutError):
        return StatementTimeout("PostgreSQL did not answer in time", "make the statement faster, or raise the limit")
    if isinstance(error, OSError | InternalClientError):
        return ConnectionLost(LOST)
    if isinstance(error, InterfaceError):
        return _interface(str(error), sql)
    if isinstance(error, ValueError | TypeError):
        return DataError("a value that does not fit its type")
    return DatabaseError(f"asyncpg failed: {type(error).__name__}")


def unreachable(error: Exception, where: str) -> DatabaseError:
    """Our error for a connection that could not be opened.

    Args:
        error: from ``asyncpg.connect``.
        where: host, port and database, never the password.
    """
    if isinstance(error, DatabaseError):
        return error
    if isinstance(error, ClientConfigurationError):
        return InvalidDatabaseURL("has a part that cannot be used: check its query parameters, such as sslmode")
    state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
    if isinstance(error, TimeoutError):
        reason = "no answer in time"
    elif isinstance(error, asyncpg.PostgresError):
        reason = f"refused ({type(error).__name__.removesuffix('Error')}, SQLSTATE {error.sqlstate})"
    elif isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
    else:
        reason = type(error).__name__
    return DatabaseUnreachable(
        f"PostgreSQL at {where}: {reason}",
        "is it PgBouncer? then set [orm] statement_cache_size = 0"
        if state == "08P01"
        else "is the server running, and is [orm] url right?",
        may_pass=state in ("57P03", "53300") or (state is None and isinstance(error, OSError | TimeoutError)),
        sqlstate=state,
    )


def _by_state(error: asyncpg.PostgresError, sql: str) -> DatabaseError:
    state: str = error.sqlstate or ""
    if state in _CONSTRAINTS or state.startswith("23"):
        return _constraint(error, state)
    match state:
        case "40001":
            return SerializationFailure("PostgreSQL could not serialize the transaction", sqlstate=state)
        case "40P01":
            return Deadlock("PostgreSQL ended a deadlock by ending this transaction", sqlstate=state)
        case "55P03":
            return LockTimeout("a lock was not released in time", sqlstate=state)
        case "57014":
            return StatementTimeout(
                "the statement ran longer than it may", "make it faster, or raise the limit", sqlstate=state
            )
        case "25P02":
            return TransactionAborted()
        case "25006":
            return ReadOnlyTransaction("PostgreSQL may only read here", sqlstate=state)
        case "42501":
            return InsufficientPrivilege("the database user may not do this", sqlstate=state)
        case "53100":
            return DiskFull("PostgreSQL has no room to write", sqlstate=state)
        case "22003" | "22008":
            return NumericOverflow("a number or time outside the range of its type", sqlstate=state)
        case "P0001":
            return RaisedInDatabase(str(error.args[0]) if error.args else "", sqlstate=state)
        case "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04":
            return ConnectionLost(LOST, sqlstate=state)
    match state[:2]:
        case "08":
            return ConnectionLost(LOST, sqlstate=state)
        case "22":
            return DataError(_REASONS.get(state, "a value that does not fit its type"), sqlstate=state)
        case "54":
            return DataError("a value larger than PostgreSQL takes, perhaps in an index", sqlstate=state)
        case "42" | "26" | "34":
            return InvalidStatement(
                f"PostgreSQL refused the statement: {error.args[0] if error.args else type(error).__name__}",
                f"in: {' '.join(sql.split())[:300]}" if sql else "",
                sqlstate=state,
            )
    return DatabaseError(f"PostgreSQL failed: {type(error).__name__} (SQLSTATE {state})", sqlstate=state)


def _constraint(error: asyncpg.PostgresError, state: str) -> DatabaseError:
    kind = _CONSTRAINTS.get(state, ConstraintViolation)
    column = getattr(error, "column_name", None)
    columns: tuple[str, ...] = (column,) if column else ()
    if not columns and (found := _KEY.search(getattr(error, "detail", None) or "")):
        # The names stand before "=(" in every language of the server; an expression has parentheses of its own.
        names = [name.strip().strip('"') for name in found[1].split(",")]
        columns = tuple(names) if all("(" not in name and "::" not in name for name in names) else ()
    return kind(
        table=getattr(error, "table_name", None) or "",
        columns=columns,
        constraint=getattr(error, "constraint_name", None) or "",
        sqlstate=state,
    )


def _interface(text: str, sql: str) -> DatabaseError:
    if "connection is closed" in text or "connection was closed" in text or "connection has been released" in text:
        return ConnectionLost(LOST)
    if ("expects" in text and "argument" in text) or "cannot exceed 32767" in text:
        return InvalidStatement(
            "PostgreSQL refused the statement: the number of arguments is wrong", f"in: {' '.join(sql.split())[:300]}"
        )
    return DatabaseError("asyncpg refused the operation (is the connection used by two tasks at once?)")
