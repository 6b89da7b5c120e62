"""The pipe form of rules: ``"required|email|unique:users"``."""

import csv
import re

import msgspec

from .errors import RuleMisused

NAME = re.compile(r"[a-z][a-z0-9_]*")
_DELIMITED = re.compile(r"/((?:[^/\\]|\\.)*)/(?=\||$)", re.DOTALL)
_RAW_ARGUMENT = frozenset({"regex"})


class NamedRule(msgspec.Struct, frozen=True):
    """One rule as written: its name and its arguments, each a string.

    In ``Annotated`` it stands for a rule of a plugin, which is looked up when the application is built.
    """

    name: str
    args: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}:{','.join(self.args)}" if self.args else self.name


def parse(text: str) -> list[NamedRule]:
    """Read the pipe form.

    ``name``, ``name:argument``, ``name:one,two``, joined by ``|``. An argument with a comma is put into double quotes
    (RFC 4180). The argument of ``regex`` is taken as it stands; between slashes, ``regex:/a|b/``, it may have a ``|``.

    Raises:
        RuleMisused: the text does not follow this grammar.
    """
    rules = []
    position = 0
    while position < len(text):
        match = NAME.match(text, position)
        if match is None:
            raise RuleMisused(
                repr(text), "rules", f"has no rule name at character {position}", "write name:argument|name"
            )
        name, position = match[0], match.end()
        args: tuple[str, ...] = ()
        if text[position : position + 1] == ":":
            args, position = _arguments(name, text, position + 1)
        rules.append(NamedRule(name, args))
        if position < len(text):
            if text[position] != "|" or position + 1 == len(text):
                raise RuleMisused(repr(text), "rules", f"has {text[position]!r} after {name}", "join rules by |")
            position += 1
    return rules


def _arguments(name: str, text: str, start: int) -> tuple[tuple[str, ...], int]:
    if name in _RAW_ARGUMENT and (match := _DELIMITED.match(text, start)):
        return (match[1],), match.end()
    end = start
    quoted = False
    while end < len(text) and (quoted or text[end] != "|"):
        quoted = quoted != (text[end] == '"')
        end += 1
    if quoted:
        raise RuleMisused(repr(text), "rules", "has a quote that is not closed", 'write "one, two"')
    argument = text[start:end]
    return ((argument,) if name in _RAW_ARGUMENT else tuple(next(csv.reader([argument]), []))), end
