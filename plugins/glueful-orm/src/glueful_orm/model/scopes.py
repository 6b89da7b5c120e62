"""Scopes: clauses with a name, for queries that ask for them or for all queries of a model."""

from collections.abc import Callable
from typing import Any


class Scope:
    """A function from query to query, kept on a model; see ``scope`` and ``global_scope``."""

    def __init__(self, function: Callable[..., Any], *, is_global: bool) -> None:
        self.function, self.is_global = function, is_global
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any) -> Callable[..., Any]:
        def begin(*arguments: Any, **named: Any) -> Any:
            return owner.query().apply(self.function, *arguments, **named)

        return begin


def scope(function: Callable[..., Any]) -> Any:
    """Name clauses of a model's queries.

    ``@scope`` above ``def published(query): return query.where(is_draft=False)`` gives ``Post.published()`` and
    ``Post.where(...).published()``.
    """
    return Scope(function, is_global=False)


def global_scope(function: Callable[..., Any]) -> Any:
    """Clauses of every query of a model, but for ``without_scopes("<name>")``."""
    return Scope(function, is_global=True)
