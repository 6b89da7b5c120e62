"""Numbers that JSON does not have: NaN and the infinities (RFC 8259 section 6), which msgspec writes as ``null``."""

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

import msgspec

_NOT_FINITE = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")  # how MessagePack begins one; other bytes may look so


class NumberNotFinite(ValueError):
    """NaN or an infinity stands where JSON is to be written.

    Args:
        pointer: its place, a JSON pointer (RFC 6901).
        number: what stands there.
    """

    def __init__(self, pointer: str, number: float) -> None:
        self.pointer = pointer
        super().__init__(f"JSON cannot hold {number}, which stands at {pointer or 'the root'}")


def refuse_not_finite(
    encoded: bytes, value: Any, enc_hook: Callable[[Any], Any] | None = None, *, first: int = 0
) -> None:
    """Check that nothing was lost when msgspec wrote ``value`` as the JSON ``encoded``.

    Costs a search for ``null`` in the text. Only where that is found, the value is written once more, as MessagePack,
    which keeps such numbers, and only where one is suspected in it, the value is walked.

    Args:
        encoded: what ``msgspec.json.encode(value, enc_hook=enc_hook)`` returned.
        value: what was encoded.
        enc_hook: as given to msgspec.
        first: where ``value`` is a part of a longer list, the index of its first item.

    Raises:
        NumberNotFinite: ``encoded`` has a ``null`` in place of such a number.
    """
    if encoded.rfind(b"null") < 0 or not _is_suspect(value, enc_hook):  # several times as fast as ``in``
        return

    def hook(item: Any) -> Any:
        if isinstance(item, msgspec.Raw):
            return None  # JSON already
        if enc_hook is None:
            raise NotImplementedError(f"nothing encodes {type(item).__qualname__}")
        return enc_hook(item)

    waiting = [("", msgspec.to_builtins(value, str_keys=True, enc_hook=hook))]
    while waiting:
        pointer, item = waiting.pop()
        if isinstance(item, float):
            if not isfinite(item):
                raise NumberNotFinite(pointer, item)
        elif isinstance(item, dict):
            members = [(name.replace("~", "~0").replace("/", "~1"), member) for name, member in item.items()]
            waiting += [(f"{pointer}/{name}", member) for name, member in reversed(members)]
        elif isinstance(item, list | tuple):
            start = 0 if pointer else first
            waiting += [(f"{pointer}/{index}", member) for index, member in enumerate(item, start)][::-1]


def _is_suspect(value: Any, enc_hook: Callable[[Any], Any] | None) -> bool:
    try:
        return _NOT_FINITE.search(msgspec.msgpack.encode(value, enc_hook=enc_hook)) is not None
    except (OverflowError, TypeError, ValueError, msgspec.EncodeError):
        return True  # what only JSON can hold, such as integers of more than 64 bits
