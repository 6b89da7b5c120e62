"""Regular expressions in the dialect of JSON Schema (ECMA 262)."""

import re

END = r"(?![\s\S])"
"""The end of the string, in Python and in ECMA 262."""

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
"""What RE2 means by these; ECMA 262 means other white space."""
_META = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_PLAIN_ESCAPES = frozenset("tnfrv0123456789bBxu") | frozenset("\\^$.*+?()[]{}|/-")


def escape(text: str) -> str:
    """An expression that matches ``text`` as it stands."""
    return _META.sub(lambda match: f"\\{match[0]}", text)


def from_re2(expression: str) -> str | None:
    """The same expression for ECMA 262, None where it uses what only RE2 has.

    Args:
        expression: accepted by RE2.
    """
    out: list[str] = []
    position, in_class = 0, False
    while position < len(expression):
        letter = expression[position]
        position += 1
        if letter == "\\":
            escaped = expression[position : position + 1]
            position += 1
            made = _escape(escaped, in_class)
            if made is None:
                return None
            out.append(made)
        elif in_class:
            if letter == "[" and expression[position : position + 1] == ":":
                return None
            in_class = letter != "]"
            out.append(f"\\{letter}" if letter == "[" else letter)
        elif letter == "[":
            in_class = True
            start = re.match(r"\^?\]?", expression[position:])
            taken = start[0] if start is not None else ""
            position += len(taken)
            out.append("[" + taken.replace("]", r"\]"))
        elif letter == "(" and re.match(r"\?(?!:)", expression[position:]):
            return None
        else:
            out.append(r"[^\n]" if letter == "." else letter)
    return "".join(out)


def _escape(letter: str, in_class: bool) -> str | None:
    if letter.lower() in _CLASSES and letter:
        members = _CLASSES[letter.lower()]
        if letter.islower():
            return members if in_class else f"[{members}]"
        return None if in_class else f"[^{members}]"
    if letter not in _PLAIN_ESCAPES or letter.isdigit() or letter in "xubB":
        return None
    return f"\\{letter}"
