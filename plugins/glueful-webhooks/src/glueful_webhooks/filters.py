"""Filters of endpoints on fields of the payload."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from .errors import SubscriptionInvalid

Scalar: TypeAlias = str | int | float | bool | None
Filters: TypeAlias = Mapping[str, Scalar | list[Scalar]]
MOST_FILTERS, MOST_VALUES, LONGEST_PATH = 10, 50, 255
_ABSENT = object()


def check_filters(filters: Filters) -> None:
    """Refuse filters that cannot be applied.

    Raises:
        SubscriptionInvalid: there are too many, or one has another form.
    """
    if len(filters) > MOST_FILTERS:
        raise SubscriptionInvalid("filters", f"are more than {MOST_FILTERS}")
    for path, wanted in filters.items():
        if not path or len(path) > LONGEST_PATH or not all(path.split(".")):
            raise SubscriptionInvalid("filters", "need the path of a field, such as address.country")
        values = wanted if isinstance(wanted, list) else [wanted]
        if len(values) > MOST_VALUES or not all(isinstance(value, str | int | float | None) for value in values):
            raise SubscriptionInvalid("filters", f"compare with a value, or with at most {MOST_VALUES} values")


def passes(filters: Filters, data: Any) -> bool:
    """Whether a payload has one of the wanted values at every path.

    Args:
        filters: path of a field, and the value or values wanted there.
        data: the payload as plain data.
    """
    for path, wanted in filters.items():
        found: Any = data
        for name in path.split("."):
            found = found.get(name, _ABSENT) if isinstance(found, dict) else _ABSENT
        values = wanted if isinstance(wanted, list) else [wanted]
        # True is 1 in Python; in JSON it is not.
        if not any(found == value and isinstance(found, bool) == isinstance(value, bool) for value in values):
            return False
    return True
