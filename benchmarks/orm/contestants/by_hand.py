"""What one writes by hand on top of a driver: statements, and structs for rows."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

NAMES = ("id", "name", "email", "age", "score", "is_active", "created_at")
ALL = f"SELECT {', '.join(NAMES)} FROM author"
INSERT = "INSERT INTO author (name, email, age, score, is_active, created_at) VALUES"
BOOKS = "SELECT id, author_id, title, pages, rating FROM book WHERE author_id"


class Author(msgspec.Struct):
    """A row of ``author``."""

    id: int
    name: str
    email: str
    age: int
    score: float
    is_active: bool
    created_at: dt.datetime
    books: list["Book"] = []


class Book(msgspec.Struct):
    """A row of ``book``."""

    id: int
    author_id: int
    title: str
    pages: int
    rating: float


def stored(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row as SQLite stores it."""
    return (*list(row.values())[:-1], row["created_at"].isoformat(" "))


def author(row: Sequence[Any]) -> Author:
    """A row of SQLite as an object."""
    key, name, email, age, score, is_active, created = row
    return Author(key, name, email, age, score, bool(is_active), dt.datetime.fromisoformat(created))


def authors(rows: Iterable[Sequence[Any]]) -> list[Author]:
    """Rows of SQLite as objects."""
    moment = dt.datetime.fromisoformat
    return [Author(a, b, c, d, e, bool(f), moment(g)) for a, b, c, d, e, f, g in rows]


def dicts(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows of SQLite as dictionaries."""
    moment = dt.datetime.fromisoformat
    return [
        {"id": a, "name": b, "email": c, "age": d, "score": e, "is_active": bool(f), "created_at": moment(g)}
        for a, b, c, d, e, f, g in rows
    ]


def joined(found: list[Author], books: Iterable[Sequence[Any]]) -> int:
    """Books given to their authors."""
    by_key = {one.id: one for one in found}
    for one in found:
        one.books = []
    for row in books:
        by_key[row[1]].books.append(Book(*row))
    return sum(len(one.books) for one in found)
