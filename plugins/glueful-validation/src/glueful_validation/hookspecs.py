"""Hooks of glueful-validation: rules by name, messages, and how database rules find rows."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from glueful_hookspecs import hook

if TYPE_CHECKING:
    from .rules.rule import RuleFactory


class RowLookup(Protocol):
    """Answers for ``Unique`` and ``Exists`` which values stand in a column. Made by a plugin that owns tables."""

    def accepts(self, column: Any) -> bool:
        """Whether this lookup knows ``column``; asked at boot.

        Args:
            column: what the rule was given: a column object of the plugin's own (``User.email``), or a
                ``NamedColumn`` from the pipe form ``unique:users,email``.
        """
        ...

    async def existing(
        self, column: Any, values: Collection[Any], *, ignore_pk: object | None = None
    ) -> Collection[Any]:
        """The subset of ``values`` that stand in ``column``, by one statement.

        Args:
            column: accepted by ``accepts``.
            values: distinct, 10,000 at most.
            ignore_pk: primary key of a row that does not count, None for none.
        """
        ...


@hook("contribution", since="0.1")
def glueful_row_lookup() -> RowLookup | None:
    """Give the database rules a way to look rows up.

    When: once, when the application is built.
    Order: plugins in dependency order; for each column the first lookup that accepts it answers.
    Errors: fail the plugin. A rule whose column nobody accepts stops the start.
    Returns: the lookup, or None.
    """
    return None


@hook("contribution", since="0.1")
def glueful_validation_rules() -> "Mapping[str, RuleFactory]":
    """Register rules under names, for the pipe form ``"required|iban"``.

    When: once, when the application is built.
    Order: plugins in dependency order. A name that is built in or that another plugin registered is a conflict.
    Errors: fail the plugin.
    Returns: name to a callable that takes the arguments after the colon, as strings, and returns a ``Rule``; a rule
    class
        without arguments is one. Names are lower-case words joined by underscores.
    """
    return {}


@hook("contribution", since="0.1")
def glueful_validation_messages() -> Mapping[str, Mapping[str, str]]:
    """Add messages, or whole languages.

    When: once, when the application is built.
    Order: plugins in dependency order, later ones win; the setting ``validation.messages`` wins over all.
    Errors: fail the plugin.
    Returns: locale (BCP 47, ``"pt-BR"``) to code to message; ``{min}`` stands for the rule's parameter ``min``.
    """
    return {}
