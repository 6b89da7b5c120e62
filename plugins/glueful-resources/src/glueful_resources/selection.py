"""What a request asks of a response: ``fields[users]=name,email`` and ``include=posts.comments``."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from .declaration import FieldPlan
from .errors import QueryError, SelectionInvalid

LONGEST_VALUE = 2_000
"""Characters of ``include``, and of each ``fields[…]``."""
MOST_PARAMETERS = 1_000
_FIELDS = re.compile(r"fields\[([^\[\]]*)\]")
_OURS = re.compile(rb"(?:^|&)(?:fields|include)(?:=|&|$|\[|%5[Bb])")

Path = tuple[str, ...]


class Selection(NamedTuple):
    """What is chosen; empty for everything that a resource shows by itself."""

    fields: frozenset[tuple[str, frozenset[str]]] = frozenset()
    """For a resource's name, the names in JSON that remain."""
    includes: frozenset[Path] = frozenset()
    """Paths of relations, by field, that are loaded and shown."""


EVERYTHING = Selection()


class Offer(NamedTuple):
    """What an operation lets its requests choose."""

    fields: Mapping[str, Collection[FieldPlan]]
    """By resource name, the fields of those that are sparse."""
    includes: Mapping[str, Path]
    """Path in JSON to path by field; prefixes are among them."""


def read(query_string: bytes, offer: Offer, is_visible: Callable[[FieldPlan], bool]) -> Selection:
    """The selection of a request.

    Args:
        query_string: of the request.
        offer: what the operation offers; what it does not offer at all is not looked at.
        is_visible: whether this caller may know of a field.

    Raises:
        SelectionInvalid: with everything that is wrong, and for each what is allowed.
    """
    if not query_string or _OURS.search(query_string) is None:
        return EVERYTHING
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise SelectionInvalid([QueryError(code="malformed", message="The query cannot be read.", name="")]) from None
    errors: list[QueryError] = []
    fields: dict[str, frozenset[str]] = {}
    includes: frozenset[Path] | None = None
    for name, value in pairs:
        if offer.fields and name.startswith("fields"):
            _read_fields(name, value, offer, is_visible, fields, errors)
        elif offer.includes and (name == "include" or name.startswith("include[")):
            if name != "include" or includes is not None:
                message = "Write include=first,second once."
                errors.append(QueryError(code="malformed", message=message, name="include"))
                continue
            includes = _read_includes(value, offer, errors)
    if errors:
        raise SelectionInvalid(errors[:100])
    return Selection(frozenset(fields.items()), includes or frozenset())


def _read_fields(
    name: str,
    value: str,
    offer: Offer,
    is_visible: Callable[[FieldPlan], bool],
    found: dict[str, frozenset[str]],
    errors: list[QueryError],
) -> None:
    match = _FIELDS.fullmatch(name)
    if match is None:
        if name == "fields" or name.startswith("fields["):
            message = "Write fields[resource]=first,second."
            errors.append(
                QueryError(code="malformed", message=message, name="fields", params={"allowed": sorted(offer.fields)})
            )
        return
    kind = match[1]
    if kind not in offer.fields:
        message = "There is no such resource here."
        errors.append(
            QueryError(
                code="unknown_resource", message=message, name="fields", params={"allowed": sorted(offer.fields)}
            )
        )
        return
    parameter = f"fields[{kind}]"
    if kind in found:
        errors.append(QueryError(code="malformed", message="This parameter is given twice.", name=parameter))
        return
    allowed = {plan.json_name for plan in offer.fields[kind] if is_visible(plan)}
    names = _names(value, parameter, errors)
    found[kind] = frozenset(names)
    if not allowed.issuperset(names):
        message = "There is no such field."
        errors.append(
            QueryError(code="unknown_field", message=message, name=parameter, params={"allowed": sorted(allowed)})
        )


def _read_includes(value: str, offer: Offer, errors: list[QueryError]) -> frozenset[Path]:
    names = _names(value, "include", errors)
    if not offer.includes.keys() >= set(names):
        message = "This cannot be included."
        errors.append(
            QueryError(
                code="unknown_include", message=message, name="include", params={"allowed": sorted(offer.includes)}
            )
        )
        return frozenset()
    return frozenset(offer.includes[name] for name in names)


def _names(value: str, parameter: str, errors: list[QueryError]) -> Collection[str]:
    if len(value) > LONGEST_VALUE:
        message = f"More than {LONGEST_VALUE:,} characters."
        errors.append(QueryError(code="too_long", message=message, name=parameter))
        return ()
    names = value.split(",")
    if len(set(names)) < len(names):
        errors.append(QueryError(code="malformed", message="A name is given twice.", name=parameter))
    return names
