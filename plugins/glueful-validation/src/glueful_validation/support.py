"""Whether msgspec can decode a type at all, asked when an operation is registered."""

from typing import Any

import msgspec

from .errors import RuleMisused

_CONFLICTS = ("Multiple `Meta`", "Can only set", "Cannot set both")


def is_supported(annotation: Any, place: str) -> bool:
    """Whether msgspec decodes ``annotation``; what it does not know is left to Litestar.

    Args:
        annotation: with its constraints.
        place: the body or parameter, for the error.

    Raises:
        RuleMisused: it would, but for constraints that do not fit the type or one another.
    """
    try:
        msgspec.inspect.type_info(annotation)
    except TypeError as error:
        text = str(error)
        if text.startswith(_CONFLICTS):
            fix = "Min and Max are for numbers, MinLength and MaxLength for text and arrays; give each once"
            if "decimal.Decimal" in text:
                fix = "for Decimal write DecimalBounds(minimum, maximum)"
            elif "None" in text:
                fix = "beside None write Annotated[str, Email()] | None"
            raise RuleMisused("a constraint", place, f"does not fit: {text}", fix) from error
        return False
    return True
