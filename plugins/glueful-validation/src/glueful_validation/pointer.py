"""JSON Pointer (RFC 6901)."""

import re

Path = tuple[str | int, ...]
"""Member names and indices from the root to a value."""

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def to_pointer(path: Path) -> str:
    """``("items", 0, "a/b")`` becomes ``"/items/0/a~1b"``; the root is the empty string."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def path_in(message: str) -> Path:
    """The place that msgspec names at the end of an error: ``… - at `$.items[0].price```; the root if it names none.

    Args:
        message: text of a ``msgspec.ValidationError``.
    """
    _, _, place = message.rpartition(" - at ")
    if not place.startswith("`$"):
        return ()
    steps: list[str | int] = []
    for name, index in _STEP.findall(place.strip("`")[1:]):
        if index == "...":
            break
        steps.append(name or int(index))
    return tuple(steps)
