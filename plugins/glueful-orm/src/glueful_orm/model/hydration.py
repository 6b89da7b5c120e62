"""Rows of a driver as instances: one generated loop for each model, as dataclasses and attrs generate their methods."""

import gc
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .siblings import Siblings

if TYPE_CHECKING:
    from .model import Model

MANY_ROWS = 200
"""From how many rows on the garbage collector, which runs every 700 allocations, would notice them."""


class Hydrator(Protocol):
    """Turns rows, whose first ``width`` values are a model's columns, into instances, siblings of one another."""

    def __call__(
        self, rows: Sequence[Any], found: list[Any], width: int, groups: dict[Any, list[Any]] | None = None
    ) -> list[Any]:
        """Add the instances to ``found``, and each to the one of ``groups`` that its key names.

        Raises:
            KeyError: a key has no group.
            ValueError, TypeError, ArithmeticError, msgspec.MsgspecError: a decoder does not know a stored value.
        """
        ...


def hydrator(
    model: "type[Model]", names: Sequence[str], decoders: Mapping[str, Callable[[Any], Any]], key: str = ""
) -> Hydrator:
    """Generate the loop over rows: no work for a column that needs none.

    Args:
        model: whose instances.
        names: its attributes, in the order of the columns.
        decoders: of the attributes that are stored as something else.
        key: the attribute by which instances are given to groups; empty for none.
    """
    scope: dict[str, Any] = {"new": model.__new__, "model": model, "Siblings": Siblings}
    attributes, group = [], ""
    for index, name in enumerate(names):
        value = f"c{index}"
        if (decode := decoders.get(name)) is not None:
            scope[f"decode{index}"] = decode
            decoded = f"{value} != 0" if decode is bool else f"decode{index}({value})"
            value = f"(None if {value} is None else {decoded})"
        if name == key:
            # Most rows of one group come together.
            group = (
                "            if k != last:\n"
                "                add_to_group = groups[k].append\n"
                "                last = k\n"
                "            add_to_group(one)\n"
            )
            value = f"(k := {value})"
        attributes.append(f"{name!r}: {value}")
    columns = ", ".join(f"c{index}" for index in range(len(names)))
    loop = (
        "        for row in rows:\n"
        f"            {columns}, REST = row\n"
        "            one = new(model)\n"
        f"            one.__dict__ = {{{', '.join(attributes)}}}\n"
        "            one._stored = STORED\n"
        "            one._siblings = siblings\n"
        "            one._related = None\n"
        "            add(one)\n"
        f"{group}"
    )
    source = (
        "def hydrate(rows, found, width, groups=None):\n"
        "    add = found.append\n"
        "    siblings = Siblings() if len(rows) > 1 else None\n"
        "    last = add_to_group = None\n"
        "    if not rows or len(rows[0]) == width:\n"
        f"{loop.replace(' REST', '').replace('STORED', 'row')}"
        "    else:\n"
        f"{loop.replace('REST', '*_').replace('STORED', 'tuple(row)[:width]')}"
        "    if siblings is not None:\n"
        "        siblings.remember(found)\n"
        "    return found\n"
    )
    exec(source, scope)  # noqa: S102 - made of attribute names, which are identifiers
    return _uncollected(scope["hydrate"])


def _uncollected(hydrate: Hydrator) -> Hydrator:
    """Without the garbage collector: every row is new and in use, and it would look at all of them again and again.

    It is off for about a third of a millisecond for a thousand rows.
    """

    def without_collector(
        rows: Sequence[Any], found: list[Any], width: int, groups: dict[Any, list[Any]] | None = None
    ) -> list[Any]:
        if len(rows) < MANY_ROWS or not gc.isenabled():
            return hydrate(rows, found, width, groups)
        gc.disable()
        try:
            return hydrate(rows, found, width, groups)
        finally:
            gc.enable()

    return without_collector
