"""What plugins contribute to the validation, collected when an application is built."""

from collections.abc import Mapping

from glueful_hookspecs import Hooks

from .application import ApplicationValidation
from .errors import RuleMisused
from .rules.rule import RuleFactory
from .settings import ValidationSettings


def application_validation(settings: ValidationSettings, hooks: Hooks) -> ApplicationValidation:
    """Call the hooks of this package.

    Raises:
        RuleMisused: two plugins registered a rule under one name, or a name that is built in.
    """
    rules: dict[str, RuleFactory] = {}
    owners: dict[str, str] = {}
    for plugin, contributed in hooks.contributions("glueful_validation_rules"):
        registered: Mapping[str, RuleFactory] = contributed
        for name, factory in registered.items():
            other = owners.setdefault(name, plugin)
            if other != plugin:
                raise RuleMisused(repr(name), plugin, f"is already registered by {other}", "choose another name")
            rules[name] = factory
    return ApplicationValidation(
        settings,
        lookups=[lookup for _, lookup in hooks.contributions("glueful_row_lookup")],
        rules=rules,
        messages=[messages for _, messages in hooks.contributions("glueful_validation_messages")],
    )
