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
