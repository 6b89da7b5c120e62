"""The engine for a database URL."""

from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import InvalidDatabaseURL
from .engine import Engine

MEMORY = ":memory:"


def engine_from_url(url: str, **options: Any) -> Engine:
    """An engine that is not open yet.

    Args:
        url: ``sqlite:///file`` (relative to the working directory), ``sqlite:////absolute/file``,
            ``sqlite://:memory:`` or ``postgresql://user:password@host:port/database?sslmode=...`` (or ``postgres://``).
        options: keyword arguments of ``SQLiteEngine`` or ``PostgresEngine``.

    Raises:
        InvalidDatabaseURL: it cannot be read; the message does not hold it.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise InvalidDatabaseURL("has no scheme, such as sqlite:// or postgresql://")
    if scheme == "sqlite":
        from .sqlite import SQLiteEngine

        return SQLiteEngine(_sqlite_path(rest), **options)
    if scheme in ("postgres", "postgresql"):
        from .postgres import PostgresEngine

        _check_postgres(url)
        return PostgresEngine(url, **options)
    raise InvalidDatabaseURL("has an unknown scheme: neither sqlite:// nor postgresql://")


def _sqlite_path(rest: str) -> str:
    if rest in ("", "/", MEMORY, f"/{MEMORY}"):
        return MEMORY
    if not rest.startswith("/"):
        raise InvalidDatabaseURL("needs three slashes for a relative path and four for an absolute one")
    if "?" in rest:
        raise InvalidDatabaseURL("has parameters, which SQLite URLs do not take")
    return unquote(rest[1:])


def _check_postgres(url: str) -> None:
    try:
        parts = urlsplit(url)
        port, database = parts.port, parts.path.strip("/")
    except ValueError:
        parts = None
    # The reason is not passed on: it may quote a piece of the password.
    if parts is None or parts.fragment or port == 0:
        raise InvalidDatabaseURL("has a host or port that cannot be read")
    if not database:
        raise InvalidDatabaseURL("names no database")
