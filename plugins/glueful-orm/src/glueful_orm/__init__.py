"""Active-record models, relations, transactions and migrations for Glueful."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .encoding import encode_model
    from .engines import Engine
    from .errors import (
        CheckViolation,
        ConstraintViolation,
        DatabaseError,
        ForeignKeyViolation,
        NotNullViolation,
        UniqueViolation,
    )
    from .migrate.runner import Migrator
    from .migrate.sources import MigrationSource, Seeder
    from .model.errors import MassAssignmentError, ModelNotFound, RelationNotLoaded, UnknownColumn
    from .model.model import Model
    from .outside import connect
    from .query.builder import Query
    from .query.pagination import Page
    from .relations import BelongsTo, BelongsToMany, HasMany, HasOne, belongs_to, belongs_to_many, has_many, has_one
    from .settings import OrmSettings
    from .timestamps import Timestamps
    from .transactions import after_commit, after_rollback, in_transaction, run_in_transaction, transaction

__all__ = [
    "BelongsTo",
    "BelongsToMany",
    "CheckViolation",
    "ConstraintViolation",
    "DatabaseError",
    "Engine",
    "ForeignKeyViolation",
    "HasMany",
    "HasOne",
    "MassAssignmentError",
    "MigrationSource",
    "Migrator",
    "Model",
    "ModelNotFound",
    "NotNullViolation",
    "OrmSettings",
    "Page",
    "Query",
    "RelationNotLoaded",
    "Seeder",
    "Timestamps",
    "UniqueViolation",
    "UnknownColumn",
    "after_commit",
    "after_rollback",
    "belongs_to",
    "belongs_to_many",
    "connect",
    "encode_model",
    "has_many",
    "has_one",
    "in_transaction",
    "run_in_transaction",
    "transaction",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "BelongsTo": ".relations",
        "BelongsToMany": ".relations",
        "HasMany": ".relations",
        "HasOne": ".relations",
        "CheckViolation": ".errors",
        "ConstraintViolation": ".errors",
        "DatabaseError": ".errors",
        "Engine": ".engines",
        "ForeignKeyViolation": ".errors",
        "MassAssignmentError": ".model.errors",
        "MigrationSource": ".migrate.sources",
        "Migrator": ".migrate.runner",
        "Model": ".model.model",
        "ModelNotFound": ".model.errors",
        "NotNullViolation": ".errors",
        "OrmSettings": ".settings",
        "Page": ".query.pagination",
        "Query": ".query.builder",
        "RelationNotLoaded": ".model.errors",
        "Seeder": ".migrate.sources",
        "Timestamps": ".timestamps",
        "UniqueViolation": ".errors",
        "UnknownColumn": ".model.errors",
        "after_commit": ".transactions",
        "after_rollback": ".transactions",
        "belongs_to": ".relations",
        "belongs_to_many": ".relations",
        "connect": ".outside",
        "encode_model": ".encoding",
        "has_many": ".relations",
        "has_one": ".relations",
        "in_transaction": ".transactions",
        "run_in_transaction": ".transactions",
        "transaction": ".transactions",
    },
)
