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
    from .model.casts import Cast, Encrypted
    from .model.errors import (
        CursorInvalid,
        LoadingOneByOne,
        MassAssignmentError,
        ModelNotFound,
        RelationNotLoaded,
        StaleModel,
        UnknownColumn,
    )
    from .model.model import Model
    from .model.optimistic_lock import OptimisticLock
    from .model.scopes import global_scope, scope
    from .model.soft_deletes import SoftDeletes
    from .outside import connect
    from .query.builder import Query
    from .query.pagination import CursorPage, Page
    from .relations import (
        BelongsTo,
        BelongsToMany,
        HasMany,
        HasManyThrough,
        HasOne,
        HasOneThrough,
        MorphMany,
        MorphOne,
        MorphTo,
        belongs_to,
        belongs_to_many,
        has_many,
        has_many_through,
        has_one,
        has_one_through,
        morph_many,
        morph_one,
        morph_to,
    )
    from .settings import OrmSettings
    from .timestamps import Timestamps
    from .transactions import after_commit, after_rollback, in_transaction, run_in_transaction, transaction
    from .uuids import uuid7

__all__ = [
    "BelongsTo",
    "BelongsToMany",
    "Cast",
    "CheckViolation",
    "ConstraintViolation",
    "CursorInvalid",
    "CursorPage",
    "DatabaseError",
    "Encrypted",
    "Engine",
    "ForeignKeyViolation",
    "HasMany",
    "HasManyThrough",
    "HasOne",
    "HasOneThrough",
    "LoadingOneByOne",
    "MassAssignmentError",
    "MigrationSource",
    "Migrator",
    "Model",
    "ModelNotFound",
    "MorphMany",
    "MorphOne",
    "MorphTo",
    "NotNullViolation",
    "OptimisticLock",
    "OrmSettings",
    "Page",
    "Query",
    "RelationNotLoaded",
    "Seeder",
    "SoftDeletes",
    "StaleModel",
    "Timestamps",
    "UniqueViolation",
    "UnknownColumn",
    "after_commit",
    "after_rollback",
    "belongs_to",
    "belongs_to_many",
    "connect",
    "encode_model",
    "global_scope",
    "has_many",
    "has_many_through",
    "has_one",
    "has_one_through",
    "in_transaction",
    "morph_many",
    "morph_one",
    "morph_to",
    "run_in_transaction",
    "scope",
    "transaction",
    "uuid7",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "BelongsTo": ".relations",
        "BelongsToMany": ".relations",
        "Cast": ".model.casts",
        "CheckViolation": ".errors",
        "ConstraintViolation": ".errors",
        "CursorInvalid": ".model.errors",
        "CursorPage": ".query.pagination",
        "DatabaseError": ".errors",
        "Encrypted": ".model.casts",
        "Engine": ".engines",
        "ForeignKeyViolation": ".errors",
        "HasMany": ".relations",
        "HasManyThrough": ".relations",
        "HasOne": ".relations",
        "HasOneThrough": ".relations",
        "LoadingOneByOne": ".model.errors",
        "MassAssignmentError": ".model.errors",
        "MigrationSource": ".migrate.sources",
        "Migrator": ".migrate.runner",
        "Model": ".model.model",
        "ModelNotFound": ".model.errors",
        "MorphMany": ".relations",
        "MorphOne": ".relations",
        "MorphTo": ".relations",
        "NotNullViolation": ".errors",
        "OptimisticLock": ".model.optimistic_lock",
        "OrmSettings": ".settings",
        "Page": ".query.pagination",
        "Query": ".query.builder",
        "RelationNotLoaded": ".model.errors",
        "Seeder": ".migrate.sources",
        "SoftDeletes": ".model.soft_deletes",
        "StaleModel": ".model.errors",
        "Timestamps": ".timestamps",
        "UniqueViolation": ".errors",
        "UnknownColumn": ".model.errors",
        "after_commit": ".transactions",
        "after_rollback": ".transactions",
        "belongs_to": ".relations",
        "belongs_to_many": ".relations",
        "connect": ".outside",
        "encode_model": ".encoding",
        "global_scope": ".model.scopes",
        "has_many": ".relations",
        "has_many_through": ".relations",
        "has_one": ".relations",
        "has_one_through": ".relations",
        "in_transaction": ".transactions",
        "morph_many": ".relations",
        "morph_one": ".relations",
        "morph_to": ".relations",
        "run_in_transaction": ".transactions",
        "scope": ".model.scopes",
        "transaction": ".transactions",
        "uuid7": ".uuids",
    },
)
