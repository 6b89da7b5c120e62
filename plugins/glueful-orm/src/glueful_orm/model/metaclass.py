"""Columns that are asked of the class, and values that are asked of its rows, under one name.

Piccolo's columns are descriptors in Python: reading a value through one costs twenty times as much as reading a plain
attribute. Here a model keeps its columns beside its attributes, so that the interpreter finds a row's value at once.
"""

from typing import TYPE_CHECKING, Any

from piccolo.columns import Column
from piccolo.table import TableMetaclass


class ModelMeta(TableMetaclass):
    """The class of model classes."""

    __columns__: dict[str, Column]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> "ModelMeta":
        """Make a model; Piccolo finds the columns that it inherits in its own namespace."""
        inherited: dict[str, Column] = {}
        for base in reversed(bases):
            inherited.update(getattr(base, "__columns__", {}))
        model = super().__new__(cls, name, bases, {**inherited, **namespace}, **options)
        model.__columns__ = {}
        for attribute, member in list(vars(model).items()):
            if isinstance(member, Column) and not any(attribute in vars(base) for base in model.__mro__[1:]):
                model.__columns__[attribute] = member
                type.__delattr__(model, attribute)  # not ours, which would look among the columns first
        return model

    if not TYPE_CHECKING:  # a type checker would take any name for a column

        def __getattr__(cls, name: str) -> Any:
            """A column: ``User.age``."""
            try:
                return vars(cls)["__columns__"][name]
            except KeyError:
                raise AttributeError(f"{cls.__name__} has no attribute {name!r}", name=name, obj=cls) from None

    def __delattr__(cls, name: str) -> None:
        """Remove an attribute or a column."""
        if vars(cls).get("__columns__", {}).pop(name, None) is None:
            super().__delattr__(name)

    def __dir__(cls) -> list[str]:
        """Attributes and columns."""
        return sorted({*super().__dir__(), *vars(cls).get("__columns__", {})})
