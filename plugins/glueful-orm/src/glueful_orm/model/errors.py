"""What can go wrong with models."""

from typing import Any

from glueful_hookspecs import GluefulError


class ModelError(GluefulError):
    """An error that concerns a model."""

    code = "model.error"


class ModelNotFound(ModelError):
    """No row answers the query; 404 over HTTP.

    Args:
        model: name of the model.
        key: the primary key that was asked for; None for another query.
    """

    code = "model.not_found"

    def __init__(self, model: str, key: Any = None) -> None:
        self.model, self.key = model, key
        super().__init__(what=f"no {model} was found")


class MassAssignmentError(ModelError):
    """A name was given that is no assignable column."""

    code = "model.mass_assignment"

    def __init__(self, model: str, names: list[str]) -> None:
        self.model, self.names = model, names
        super().__init__(
            what=f"{model} cannot be given {', '.join(names)}",
            fix="name declared columns that are not in `guarded`, or set the attribute by itself",
        )


class RelationNotLoaded(ModelError):
    """A relation was read without ``await`` before it was loaded."""

    code = "model.relation_not_loaded"

    def __init__(self, model: str, relation: str) -> None:
        self.model, self.relation = model, relation
        super().__init__(
            what=f"{model}.{relation} is not loaded",
            fix=f"`await` it, or load it with the query: {model}.with_({relation!r})",
        )


class ReservedName(ModelError):
    """A column or relation has the name of a method of ``Model``."""

    code = "model.reserved_name"

    def __init__(self, model: str, name: str) -> None:
        self.model, self.name = model, name
        super().__init__(
            what=f"{model}.{name} would hide a method of Model",
            fix=f"name the attribute otherwise and the column {name!r} with db_column_name={name!r}",
        )


class UnknownColumn(ModelError):
    """A name that is no column of a model."""

    code = "model.unknown_column"

    def __init__(self, model: str, name: str) -> None:
        self.model, self.name = model, name
        super().__init__(what=f"{model} has no column {name}")


class UnknownRelation(ModelError):
    """A name that is no relation of a model."""

    code = "model.unknown_relation"

    def __init__(self, model: str, name: str) -> None:
        self.model, self.name = model, name
        super().__init__(what=f"{model} has no relation {name}")


class AmbiguousModel(ModelError):
    """A relation names its target by a name that several packages have."""

    code = "model.ambiguous"

    def __init__(self, model: str, name: str, found: list[str]) -> None:
        self.model, self.name, self.found = model, name, found
        super().__init__(
            what=f"{model} names the model {name}, and there are {', '.join(found)}", fix="name the package, too"
        )


class CursorInvalid(ModelError):
    """A cursor was made for another query, or not by this application; 400 over HTTP."""

    code = "model.cursor_invalid"

    def __init__(self) -> None:
        super().__init__(what="the cursor is not one of this list", fix="begin again without a cursor")


class CursorOrder(ModelError):
    """A keyset needs an order that is total: no column of it may be NULL."""

    code = "model.cursor_order"

    def __init__(self, model: str, name: str) -> None:
        self.model, self.name = model, name
        super().__init__(
            what=f"{model} cannot be walked by a cursor in the order of {name}, which may be NULL",
            fix="order by columns that are never NULL, or use paginate()",
        )


class EncryptionKeyMissing(ModelError):
    """An encrypted attribute is used without a key."""

    code = "model.encryption_key_missing"

    def __init__(self) -> None:
        super().__init__(
            what="an encrypted attribute needs a key, and none is set",
            fix="set `key` of section [orm], or GLUEFUL_ORM__KEY, to at least 32 random characters",
        )


class DecryptionFailed(ModelError):
    """A stored value was encrypted with another key, or altered."""

    code = "model.decryption_failed"

    def __init__(self) -> None:
        super().__init__(
            what="a stored value cannot be decrypted", fix="set the key that it was encrypted with as `key` of [orm]"
        )


class UnsupportedClause(ModelError):
    """A query has a clause that the statement cannot have."""

    code = "model.unsupported_clause"

    def __init__(self, model: str, clause: str, statement: str) -> None:
        self.model, self.clause, self.statement = model, clause, statement
        super().__init__(
            what=f"a query of {model} has {clause}, which {statement} would not respect",
            fix=f"choose the rows first: {model}.where(id__in=await query.pluck('id'))",
        )


class NotSearchable(ModelError):
    """A query asks for an attribute that is stored encrypted."""

    code = "model.not_searchable"

    def __init__(self, model: str, name: str) -> None:
        self.model, self.name = model, name
        super().__init__(
            what=f"{model}.{name} is encrypted: equal values are stored differently, so none can be looked for",
            fix="store a keyed hash of the value in a column of its own, and look for that",
        )


class KeylessModel(ModelError):
    """A row of a table without a primary key cannot be named, so it cannot be changed by itself."""

    code = "model.keyless"

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(
            what=f"{model} has no primary key, so a single row cannot be found, changed or deleted",
            fix=f"use {model}.where(...) with its own columns",
        )


class LoadingOneByOne(ModelError):
    """A relation was loaded by touching it on a row of a result, where the settings forbid that."""

    code = "model.loading_one_by_one"

    def __init__(self, model: str, relation: str, rows: int, place: str) -> None:
        self.model, self.relation, self.rows, self.place = model, relation, rows, place
        super().__init__(
            what=f"{model}.{relation} was not loaded with the query that found {rows} rows (touched at {place})",
            fix=f"load it with the query: with_({relation!r})",
        )


class StaleModel(ModelError):
    """The row was changed since it was read; 409 over HTTP."""

    code = "model.stale"

    def __init__(self, model: str, key: object) -> None:
        self.model, self.key = model, key
        super().__init__(what=f"{model} was changed by somebody else since it was read", fix="read it again")
