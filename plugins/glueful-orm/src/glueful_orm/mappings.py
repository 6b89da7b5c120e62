"""How database errors are answered over HTTP: what the caller can mend is 4xx, what passes by itself is 503."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import errors
from .model.errors import (
    CursorInvalid,
    MassAssignmentError,
    ModelNotFound,
    StaleModel,
    UnknownColumn,
    UnknownRelation,
)


class _Field:
    """One entry of ``errors[]``; the constraint's columns are names of the schema, never values."""

    def __init__(self, column: str, code: str, message: str) -> None:
        self.pointer, self.location = f"/{column.replace('~', '~0').replace('/', '~1')}", "body"
        self.code, self.message, self.params = code, message, dict[str, Any]()


def fields(code: str, message: str) -> Any:
    """Builds ``errors[]`` out of the columns of a constraint."""

    def make(error: errors.ConstraintViolation | errors.DataError) -> Sequence[_Field]:
        return [_Field(column, code, message) for column in error.columns]

    return make


def error_mappings() -> dict[type[Exception], Mapping[str, Any]]:
    """What ``glueful_error_mappings`` returns."""
    retry_soon = {"headers": lambda _: {"Retry-After": "1"}}
    mapped: dict[type[Exception], Mapping[str, Any]] = {
        MassAssignmentError: {"status": 422, "detail": "A field cannot be set."},
        UnknownColumn: {"status": 422, "detail": "There is no such field."},
        UnknownRelation: {"status": 422, "detail": "There is no such relation."},
        CursorInvalid: {"status": 400, "detail": "The cursor is not one of this list."},
        StaleModel: {"status": 409, "detail": "Somebody else changed this resource; read it again."},
        ModelNotFound: {"status": 404, "detail": "There is no such resource."},
        errors.UniqueViolation: {
            "status": 409,
            "detail": "Another row has these values already.",
            "errors": fields("unique", "This value is taken."),
        },
        errors.ForeignKeyViolation: {
            "status": 409,
            "detail": "A row that is referred to does not exist, or is still in use.",
            "errors": fields("exists", "This does not exist, or is still in use."),
        },
        errors.NotNullViolation: {
            "status": 422,
            "detail": "A value is missing.",
            "errors": fields("required", "This value is required."),
        },
        errors.CheckViolation: {
            "status": 422,
            "detail": "A value is outside what may be stored.",
            "errors": fields("check", "This value is not allowed."),
        },
        errors.ConstraintViolation: {"status": 409, "detail": "The change conflicts with the stored data."},
        errors.DataError: {
            "status": 422,
            "detail": "A value cannot be stored in its field.",
            "errors": fields("invalid", "This value cannot be stored."),
        },
        errors.TransactionConflict: {
            "status": 409,
            "detail": "Another change was in the way; try again.",
            **retry_soon,
        },
        errors.LockTimeout: {"status": 503, "detail": "The data is locked by another change; try again.", **retry_soon},
        errors.StatementTimeout: {"status": 503, "detail": "The database took too long.", **retry_soon},
        errors.PoolTimeout: {"status": 503, "detail": "The database is busy; try again.", **retry_soon},
        errors.ConnectionLost: {"status": 503, "detail": "The database cannot be reached.", **retry_soon},
        errors.CommitOutcomeUnknown: {
            "status": 503,
            "detail": "It is not known whether the change was stored; look before trying again.",
        },
        errors.DiskFull: {"status": 507, "detail": "The database is full."},
        errors.ReadOnlyTransaction: {
            "status": 503,
            "detail": "The database does not accept changes now.",
            **retry_soon,
        },
    }
    return {kind: {"code": kind.code, **mapping} for kind, mapping in mapped.items()}  # type: ignore[attr-defined]
