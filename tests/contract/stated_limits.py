"""What schemathesis does not send: values beyond the limits that docs/validation.md states, which no schema says."""

from typing import Any

import schemathesis

LARGEST_EXPONENT = 1_000


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """Whether a body has no integer written as a fraction (``1.0``) and no decimal beyond 10^±1000."""
    if isinstance(body, dict):
        return all(filter_body(context, member) for member in body.values())
    if isinstance(body, list):
        return all(filter_body(context, item) for item in body)
    if isinstance(body, str):
        exponent = body.lower().rpartition("e")[2]
        return not (exponent.lstrip("+-").isdecimal() and abs(int(exponent)) > LARGEST_EXPONENT)
    return not (isinstance(body, float) and body.is_integer())
