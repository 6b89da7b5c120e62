"""What sqlite3 raises, as our errors."""

import sqlite3

from ..errors import (
    CheckViolation,
    ConstraintViolation,
    DatabaseError,
    DatabaseUnreachable,
    DataError,
    DiskFull,
    ForeignKeyViolation,
    InvalidStatement,
    LockTimeout,
    NotNullViolation,
    NumericOverflow,
    RaisedInDatabase,
    ReadOnlyTransaction,
    SerializationFailure,
    StatementTimeout,
    StoredValueInvalid,
    UniqueViolation,
)

UNIQUE = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID)
DATATYPE = 3091
"""SQLITE_CONSTRAINT_DATATYPE, which Python 3.11 does not name: a wrong type in a STRICT table."""


def translate(error: Exception, sql: str = "") -> DatabaseError:
    """Our error for one of sqlite3's, without any value in its message.

    Args:
        error: from sqlite3, or from an adapter or converter that it called.
        sql: the statement, which a message about its syntax may name.
    """
    if isinstance(error, DatabaseError):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _by_code(code, str(error), sql)
    if isinstance(error, OverflowError):
        return NumericOverflow("an integer outside 64 bits")
    if isinstance(error, UnicodeError):
        return DataError("text that is not valid Unicode (a lone surrogate)")
    if isinstance(error, sqlite3.DataError):
        return DataError("text or bytes longer than SQLite takes")
    text = str(error)
    if isinstance(error, sqlite3.Error | sqlite3.Warning):
        if "bind" in text and "number of bindings" not in text:
            return DataError(_after_colon(text), argument=_position(text))
        return InvalidStatement(f"SQLite refused the statement: {text}", _shorten(sql))
    if isinstance(error, ValueError | ArithmeticError):
        return StoredValueInvalid()
    return DatabaseError(f"SQLite failed: {type(error).__name__}")


def _by_code(code: int, text: str, sql: str) -> DatabaseError:
    match code & 0xFF:
        case sqlite3.SQLITE_CONSTRAINT:
            return _constraint(code, text)
        case sqlite3.SQLITE_BUSY if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
            return SerializationFailure("another transaction wrote since this one began to read")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LockTimeout(
                "the SQLite database is locked by another connection for too long",
                "keep transactions short, raise [orm] busy_timeout_seconds, or use PostgreSQL",
            )
        case sqlite3.SQLITE_INTERRUPT:
            return StatementTimeout("the statement ran longer than it may", "make it faster, or raise the limit")
        case sqlite3.SQLITE_FULL:
            return DiskFull("SQLite has no room to write")
        case sqlite3.SQLITE_READONLY:
            return ReadOnlyTransaction("SQLite may only read here")
        case sqlite3.SQLITE_CANTOPEN:
            return DatabaseUnreachable("SQLite cannot open the file", "check that its folder exists and is writable")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return DatabaseError("the file is not a healthy SQLite database", "restore it from a backup")
        case sqlite3.SQLITE_TOOBIG:
            return DataError("text or bytes longer than SQLite takes")
        case sqlite3.SQLITE_MISMATCH:
            return DataError("a value of another type than its column's")
        case sqlite3.SQLITE_RANGE:
            return InvalidStatement("SQLite refused the statement: the number of arguments is wrong", _shorten(sql))
        case sqlite3.SQLITE_ERROR:
            return InvalidStatement(f"SQLite refused the statement: {text}", _shorten(sql))
        case _:
            return DatabaseError(f"SQLite failed with result code {code}")


def _constraint(code: int, text: str) -> DatabaseError:
    _, _, place = text.partition(" failed: ")
    if code in UNIQUE:
        if place.startswith("index "):
            return UniqueViolation(constraint=place.removeprefix("index ").strip("'"))
        table, columns = _columns(place)
        return UniqueViolation(table=table, columns=columns)
    if code == sqlite3.SQLITE_CONSTRAINT_NOTNULL:
        table, columns = _columns(place)
        return NotNullViolation(table=table, columns=columns)
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return ForeignKeyViolation()
    if code == sqlite3.SQLITE_CONSTRAINT_CHECK:
        return CheckViolation(constraint=place)
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return RaisedInDatabase(text)
    if code == DATATYPE:
        return DataError("a value of another type than its column's")
    return ConstraintViolation()


def _columns(place: str) -> tuple[str, tuple[str, ...]]:
    pairs = [part.rpartition(".") for part in place.split(", ")]
    return pairs[0][0], tuple(column for _, _, column in pairs)


def _position(text: str) -> int | None:
    digits = "".join(character for character in text.partition(":")[0] if character.isdigit())
    return int(digits) if digits else None


def _after_colon(text: str) -> str:
    return text.partition(": ")[2] or text


def _shorten(sql: str) -> str:
    return f"in: {' '.join(sql.split())[:300]}" if sql else ""
