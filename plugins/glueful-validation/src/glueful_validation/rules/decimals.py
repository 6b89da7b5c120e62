"""The rule for decimal numbers, to which msgspec's own constraints do not apply."""

# ruff: noqa: ARG002  every rule has the same method

from decimal import Decimal
from typing import Any

from ..context import RuleContext
from .rule import Failure, Rule, Verdict


class DecimalBounds(Rule):
    """A ``Decimal`` within bounds and of limited precision, such as an amount of money.

    Args:
        minimum: least value.
        maximum: greatest value.
        digits: greatest number of digits, those after the point included: the precision of SQL's ``NUMERIC``.
        places: greatest number of digits after the point: its scale. Zeros at the end count.
        message: instead of the catalogue's.
    """

    code = "decimal"
    applies_to = (Decimal,)

    def __init__(
        self,
        minimum: Decimal | int | str | None = None,
        maximum: Decimal | int | str | None = None,
        *,
        digits: int | None = None,
        places: int | None = None,
        message: str | None = None,
    ) -> None:
        self.minimum = None if minimum is None else Decimal(minimum)
        self.maximum = None if maximum is None else Decimal(maximum)
        self.digits = digits
        self.places = places
        self.message = message
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        sizes = {name: size for name, size in (("digits", digits), ("places", places)) if size is not None}
        # The keywords of JSON Schema are about numbers alone, and a decimal may be text.
        said = {"rule": self.code, **{name: str(bound) for name, bound in given.items()}, **sizes}
        self.schema: dict[str, Any] = {**{name: _plain(bound) for name, bound in given.items()}, "x-rules": [said]}

    def check(self, value: Decimal, context: RuleContext) -> Verdict:
        """Whether all of them hold; the failure says which does not."""
        if not value.is_finite():
            return True  # said by another rule, which stands at every Decimal
        if self.minimum is not None and value < self.minimum:
            return Failure("min", {"min": _plain(self.minimum)}, self.message)
        if self.maximum is not None and value > self.maximum:
            return Failure("max", {"max": _plain(self.maximum)}, self.message)
        _, digits, exponent = value.as_tuple()
        places = max(-int(exponent), 0)
        if self.places is not None and places > self.places:
            return Failure("decimal_places", {"places": self.places}, self.message)
        if self.digits is not None and max(len(digits) + max(int(exponent), 0), places) > self.digits:
            return Failure("max_digits", {"digits": self.digits}, self.message)
        return True


def _plain(bound: Decimal) -> int | float:
    return int(bound) if bound == bound.to_integral_value() else float(bound)
