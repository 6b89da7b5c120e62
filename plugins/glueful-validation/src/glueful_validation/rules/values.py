"""Rules that compare one value with what was declared."""

# ruff: noqa: ARG002  every rule has the same method

import ipaddress
from collections.abc import Collection
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar

import msgspec

from ..context import RuleContext
from ..errors import ExtraMissing, RuleMisused
from .ecma import escape, from_re2
from .rule import Rule

MAX_REGEX_LENGTH = 10_000
MAX_DECIMAL_EXPONENT = 1_000
DECIMAL = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""Text of a decimal number. Python alone would read ``1_0`` and full-width digits as well."""


class In(Rule):
    """One of ``values``. Where they are known to the type, ``Literal`` or an enum says the same for nothing."""

    code = "in"

    def __init__(self, *values: Any, message: str | None = None) -> None:
        self.values = values
        self.params = {"values": list(values)}
        self.schema = {"enum": list(values)}
        self.message = message

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether an equal value of the same kind is among them: True is not 1."""
        return any(value == allowed and isinstance(value, bool) == isinstance(allowed, bool) for allowed in self.values)


class NotIn(Rule):
    """None of ``values``."""

    code = "not_in"

    def __init__(self, *values: Any, message: str | None = None) -> None:
        self._in = In(*values)
        self.schema = {"not": {"enum": list(values)}}
        self.message = message

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether no equal value is among them."""
        return not self._in.check(value, context)


class StartsWith(Rule):
    """Begins with one of ``prefixes``."""

    code = "starts_with"
    applies_to = (str,)

    def __init__(self, *prefixes: str, message: str | None = None) -> None:
        self.prefixes = prefixes
        self.params = {"values": list(prefixes)}
        self.schema = {"pattern": f"^(?:{'|'.join(map(escape, prefixes))})"}
        self.message = message

    def check(self, value: str, context: RuleContext) -> bool:
        """Whether it does."""
        return value.startswith(self.prefixes)


class EndsWith(Rule):
    """Ends with one of ``suffixes``."""

    code = "ends_with"
    applies_to = (str,)

    def __init__(self, *suffixes: str, message: str | None = None) -> None:
        self.suffixes = suffixes
        self.params = {"values": list(suffixes)}
        self.schema = {"pattern": f"(?:{'|'.join(map(escape, suffixes))})$"}
        self.message = message

    def check(self, value: str, context: RuleContext) -> bool:
        """Whether it does."""
        return value.endswith(self.suffixes)


class Regex(Rule):
    """Matches an expression of your own somewhere, in linear time: RE2 runs it, so no input can make it slow.

    Args:
        expression: RE2 syntax, which has no look-around and no back-references; anchor it with ``^`` and ``$``, which
            here mean the whole string.
        message: instead of the catalogue's.

    Raises:
        ExtraMissing: the extra ``regex`` is not installed.
        RuleMisused: RE2 refuses the expression.
    """

    code = "regex"
    applies_to = (str,)

    def __init__(self, expression: str, *, message: str | None = None) -> None:
        try:
            re2: Any = import_module("re2")
        except ModuleNotFoundError:
            raise ExtraMissing("Regex", "regex") from None
        options = re2.Options()
        options.log_errors = False
        try:
            self._compiled = re2.compile(expression, options)
        except re2.error as error:
            reason = error.args[0] if error.args else ""
            reason = reason.decode() if isinstance(reason, bytes) else str(reason)
            raise RuleMisused(
                "Regex", repr(expression), f"is refused by RE2: {reason}", "write it without look-around"
            ) from error
        self.expression = expression
        published = from_re2(expression)
        by_code = {"x-rules": [{"rule": self.code, "re2": expression}]}
        said: dict[str, Any] = {"pattern": published} if published else by_code
        self.schema: dict[str, Any] = {"maxLength": MAX_REGEX_LENGTH, **said}
        self.message = message

    def check(self, value: str, context: RuleContext) -> bool:
        """Whether it matches; False for more than 10,000 characters."""
        return len(value) <= MAX_REGEX_LENGTH and self._compiled.search(value) is not None


class Ip(Rule):
    """The text of an IP address.

    Args:
        version: 4, 6, or None for either.
    """

    code = "ip"
    applies_to = (str,)

    def __init__(self, version: int | None = None, *, message: str | None = None) -> None:
        self.version = version
        self.schema = {"format": f"ipv{version}"} if version else {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
        self.message = message

    def check(self, value: str, context: RuleContext) -> bool:
        """Whether ``ipaddress`` reads it; a zone (``fe80::1%eth0``) is refused."""
        if len(value) > 45 or "%" in value or not value.isascii():
            return False
        try:
            return self.version in (None, ipaddress.ip_address(value).version)
        except ValueError:
            return False


class Json(Rule):
    """A string that is itself a JSON text."""

    code = "json"
    applies_to = (str,)

    def __init__(self, *, message: str | None = None) -> None:
        self.schema: dict[str, Any] = {"contentMediaType": "application/json", "x-rules": [{"rule": self.code}]}
        self.message = message

    def check(self, value: str, context: RuleContext) -> bool:
        """Whether it decodes."""
        try:
            msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        return True


class UsableDecimal(Rule):
    """Stands in every type tree at ``decimal.Decimal``: finite, and of a size that can be computed with.

    ``"1e999999999"`` is eleven bytes on the wire and gigabytes as digits.
    """

    code = "decimal"

    def check(self, value: Decimal, context: RuleContext) -> bool:
        """Whether the value is finite and within 10^±1000."""
        return value.is_finite() and abs(value.adjusted()) <= MAX_DECIMAL_EXPONENT


class Distinct(Rule):
    """Items that all differ. Declare a ``set`` instead where repeated items may simply be dropped."""

    code = "distinct"
    schema: ClassVar[dict[str, Any]] = {"uniqueItems": True}

    def __init__(self, *, message: str | None = None) -> None:
        self.message = message

    def check(self, value: Collection[Any], context: RuleContext) -> bool:
        """Whether no two items encode alike; 1 and 1.0 are one number, as in JSON Schema."""
        encoder = msgspec.json.Encoder(order="deterministic", enc_hook=repr)
        return len({encoder.encode(_plain(item)) for item in value}) == len(value)


def _plain(item: Any) -> Any:
    """An item in which equal numbers are written alike."""
    if isinstance(item, float):
        return int(item) if item.is_integer() else item
    if isinstance(item, msgspec.Struct):
        item = msgspec.to_builtins(item, enc_hook=repr)
    if isinstance(item, dict):
        return {name: _plain(member) for name, member in item.items()}
    return [_plain(part) for part in item] if isinstance(item, list | tuple) else item
