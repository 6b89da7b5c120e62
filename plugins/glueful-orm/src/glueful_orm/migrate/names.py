"""Names and texts as SQL."""

import hashlib

from .errors import NameInvalid

NAME_BYTES = 63
"""Length of a name in PostgreSQL; SQLite has no limit, but an application may move."""


def quote(name: str) -> str:
    """A name as an SQL identifier, whatever characters it has.

    Raises:
        NameInvalid: it is empty, too long for PostgreSQL (63 bytes), or has control characters.
    """
    if not name or len(name.encode("utf-8", "surrogatepass")) > NAME_BYTES or not name.isprintable():
        raise NameInvalid(name)
    return '"' + name.replace('"', '""') + '"'


def index_name(table: str, column: str) -> str:
    """``<table>_<column>`` as Piccolo names it; shortened with a hash where it would be cut off."""
    name = f"{table}_{column}"
    if len(name.encode()) <= NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: NAME_BYTES - 9].decode(errors='ignore')}_{digest}"


def text_literal(value: str) -> str:
    """A string as SQL text.

    Raises:
        ValueError: it contains NUL, which neither database can hold in a default.
    """
    if "\0" in value:
        raise ValueError("a default cannot contain the character NUL")
    return "'" + value.replace("'", "''") + "'"
