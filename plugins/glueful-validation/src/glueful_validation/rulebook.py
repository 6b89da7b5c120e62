"""The rules that plugins registered by name."""

from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from .errors import RuleMisused, RuleUnknown
from .fieldtypes import BUILT_IN
from .pipe import NAME, NamedRule
from .rules.rule import ConstraintRule, Rule, RuleFactory, Transform


class RuleBook:
    """The rules that plugins registered by name.

    Args:
        factories: by name.

    Raises:
        RuleMisused: a name is built in, or no name at all.
    """

    def __init__(self, factories: Mapping[str, RuleFactory]) -> None:
        for name in factories:
            if not NAME.fullmatch(name):
                raise RuleMisused(repr(name), "glueful_validation_rules", "is no rule name", "write lower_case_words")
            if name in BUILT_IN:
                raise RuleMisused(repr(name), "glueful_validation_rules", "is built in", "choose another name")
        self._factories = dict(factories)
        self._known = [*factories, *BUILT_IN]

    def make(self, named: NamedRule) -> Rule | Transform:
        """The rule that a name and arguments stand for.

        Raises:
            RuleUnknown: nobody registered the name.
            RuleMisused: the arguments do not suit it.
        """
        factory = self._factories.get(named.name)
        if factory is None:
            nearest = get_close_matches(named.name, self._known, n=1)
            raise RuleUnknown(named.name, nearest[0] if nearest else None)
        try:
            made = factory(*named.args)
        except (TypeError, ValueError) as error:
            raise RuleMisused(str(named), "rules", f"cannot be used: {error}") from error
        return ConstraintRule(made) if isinstance(made, msgspec.Meta) else made
