"""One walk over plain data: what it collects, and what it knows from msgspec about where the data is wrong."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from ..context import ABSENT
from ..errors import Location
from ..pointer import Path, path_in
from ..rules.rule import Rule

Sibling = Callable[[str], Any]
"""Another field of the object around a value, by its declared name."""


class Siblings:
    """The fields of the object around a value."""

    __slots__ = ()

    def __call__(self, name: str) -> Any:
        """One of them, by its declared name or its name in JSON; ``ABSENT`` or ``INVALID`` where it has no value."""
        raise NotImplementedError

    def json_name(self, name: str) -> str:
        """The name in JSON of one of them."""
        raise NotImplementedError


class SiblingsBy(Siblings):
    """Siblings that are looked up by a function.

    Args:
        get: a field by its declared name.
        names: declared names to names in JSON.
    """

    __slots__ = ("_get", "_names")

    def __init__(self, get: Sibling, names: Mapping[str, str]) -> None:
        self._get = get
        self._names = names

    def __call__(self, name: str) -> Any:
        """One of them."""
        return self._get(name)

    def json_name(self, name: str) -> str:
        """The name in JSON of one of them."""
        return self._names.get(name, name)


def no_sibling(name: str) -> Any:  # noqa: ARG001  a `Sibling`
    """The siblings of a value that stands in no object."""
    return ABSENT


class Found(NamedTuple):
    """An error before it is put into words."""

    path: Path
    """In the body; for other locations the first step is the parameter's name."""
    code: str
    params: Mapping[str, Any] = {}
    message: str | None = None
    """A message declared with the rule, which wins over the catalogue."""
    default: str | None = None
    """A message of the rule's class, for a code that no catalogue has."""
    location: Location = "body"
    variant: str = ""
    """What the value is, where messages differ: ``"items"`` or ``"members"``."""


class Pending(NamedTuple):
    """A rule that is still to run, with the value it judges."""

    rule: Rule
    value: Any
    path: Path
    field: str
    sibling: Sibling
    location: Location = "body"


class EnoughErrors(Exception):
    """More errors than an answer lists; ends a walk."""


MAX_HINTS = 10
"""Unknown names of one body whose nearest known name is looked for."""


class Walk:
    """One walk over plain data that msgspec refused.

    msgspec names the first place that it refuses, and everything before that place is good. So a walk goes straight to
    it, and every part of the data is judged about once, however deep it is nested.

    Args:
        limit: how many errors to collect.
        lax: True for strings from a URL or form, which stand for other types; False for JSON.
        dec_hook: makes types that msgspec does not know, as for the decoder.
    """

    __slots__ = ("_hints", "_refused", "dec_hook", "errors", "lax", "limit", "pending")

    def __init__(self, limit: int, *, lax: bool = False, dec_hook: Callable[[type, Any], Any] | None = None) -> None:
        self.limit = limit
        self.lax = lax
        self.dec_hook = dec_hook
        self.errors: list[Found] = []
        self.pending: list[Pending] = []
        self._refused: Path | None = None
        self._hints = MAX_HINTS

    def add(
        self,
        path: Path,
        code: str,
        params: Mapping[str, Any] | None = None,
        message: str | None = None,
        variant: str = "",
    ) -> None:
        """Note an error.

        Raises:
            EnoughErrors: there are ``limit`` already.
        """
        if len(self.errors) >= self.limit:
            raise EnoughErrors
        self.errors.append(Found(path, code, params or {}, message, variant=variant))

    def may_hint(self) -> bool:
        """Whether to look for the nearest known name of one that is not known; a few times only, for it takes time."""
        self._hints -= 1
        return self._hints >= 0

    def accepts(self, value: Any, annotation: Any) -> bool:
        """Whether msgspec takes ``value`` for ``annotation``: the verdict that every node asks for."""
        try:
            self.convert(value, annotation)
        except msgspec.ValidationError:
            return False
        return True

    def convert(self, value: Any, annotation: Any) -> Any:
        """The decoded value.

        Raises:
            msgspec.ValidationError: it does not conform.
        """
        return msgspec.convert(value, annotation, strict=not self.lax, dec_hook=self.dec_hook, str_keys=True)

    def judge(self, value: Any, annotation: Any, *, as_json: bool) -> Any:
        """The decoded value, by msgspec's verdict on it and everything in it. Not for a lax walk.

        Args:
            value: plain data.
            annotation: the type.
            as_json: True to send it through JSON text, see ``Node.counts_distinct``.

        Raises:
            msgspec.ValidationError: it does not conform; the text names the first place that does not.
        """
        if not as_json:
            return self.convert(value, annotation)
        try:
            text = msgspec.json.encode(value)
        except (OverflowError, msgspec.EncodeError) as error:
            raise msgspec.ValidationError from error
        except TypeError:  # no plain data: `prepare` put something else into it
            return self.convert(value, annotation)
        return msgspec.json.decode(text, type=annotation, dec_hook=self.dec_hook)

    def is_refused(self, path: Path) -> bool:
        """Whether the value there is known to be refused."""
        return self._refused is not None and self._refused[: len(path)] == path

    def refused_below(self, path: Path) -> str | int | None:
        """The member or item of the value there that is known to be the first refused one, None if none is."""
        known = self._refused
        if known is None or len(known) <= len(path) or known[: len(path)] != path:
            return None
        return known[len(path)]

    def know(self, refused: Path | None) -> Path | None:
        """Note the first place that msgspec refuses in the part that is looked at next.

        Returns:
            What was known before, to go back to.
        """
        known, self._refused = self._refused, refused
        return known

    def learn(self, path: Path, error: msgspec.ValidationError) -> Path | None:
        """Note it from msgspec's verdict on the value at ``path``; see ``know``."""
        return self.know((*path, *path_in(str(error))))
