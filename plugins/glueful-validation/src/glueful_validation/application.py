"""What all operations of one application share: limits, messages, rules by name, row lookups."""

from collections.abc import Iterable, Mapping
from typing import Any

from .context import Clock, utc_now
from .enforcement import RowLookups
from .hookspecs import RowLookup
from .messages import Catalogue, Messages
from .pipe import NamedRule
from .rulebook import RuleBook
from .rules.rule import RuleFactory
from .settings import ValidationSettings


class ApplicationValidation:
    """One application's part of the validation.

    Args:
        settings: limits and messages.
        lookups: from the hook ``glueful_row_lookup``.
        rules: from the hook ``glueful_validation_rules``.
        messages: from the hook ``glueful_validation_messages``.
        clock: the current time, aware.
    """

    def __init__(
        self,
        settings: ValidationSettings | None = None,
        *,
        lookups: Iterable[RowLookup] = (),
        rules: Mapping[str, RuleFactory] | None = None,
        messages: Iterable[Mapping[str, Catalogue]] = (),
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings or ValidationSettings()
        self.lookups = RowLookups(lookups)
        self.rules = RuleBook(rules or {})
        self.messages = Messages(self.settings.locale, [*messages, self.settings.messages])
        self.clock = clock

    def resolve(self, item: Any) -> list[Any]:
        """Turn a rule that is known by name only into the rule; see ``compile_tree``.

        Raises:
            RuleUnknown: there is no rule of that name.
        """
        return [self.rules.make(item)] if isinstance(item, NamedRule) else [item]
