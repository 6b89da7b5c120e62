"""Tables and rows that every contestant has: 10,000 authors, of whom the first 1,000 have 10 books each."""

import datetime as dt
from typing import Any

AUTHORS = 10_000
PROLIFIC = 1_000
BOOKS_EACH = 10
COLUMNS = ("name", "email", "age", "score", "is_active", "created_at")
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def tables(dialect: str, timestamp: str) -> list[str]:
    """DDL; on SQLite each contestant names the type by which it recognises timestamps."""
    is_postgres = dialect == "postgres"
    key = "SERIAL PRIMARY KEY" if is_postgres else "INTEGER PRIMARY KEY"
    moment = "TIMESTAMPTZ" if is_postgres else timestamp
    return [
        (
            f"CREATE TABLE author (id {key}, name VARCHAR(100) NOT NULL, email VARCHAR(100) NOT NULL,"
            " age INTEGER NOT NULL, score DOUBLE PRECISION NOT NULL, is_active BOOLEAN NOT NULL,"
            f" created_at {moment} NOT NULL)"
        ),
        (
            f"CREATE TABLE book (id {key}, author_id INTEGER NOT NULL REFERENCES author (id),"
            " title VARCHAR(100) NOT NULL, pages INTEGER NOT NULL, rating DOUBLE PRECISION NOT NULL)"
        ),
        "CREATE INDEX book_author ON book (author_id)",
    ]


def authors(count: int, first: int = 1) -> list[dict[str, Any]]:
    """Values without keys."""
    return [
        {
            "name": f"Author {number}",
            "email": f"author{number}@example.org",
            "age": 20 + number % 60,
            "score": number / 7,
            "is_active": number % 3 > 0,
            "created_at": START + dt.timedelta(minutes=number, microseconds=number),
        }
        for number in range(first, first + count)
    ]


def books() -> list[tuple[int, str, int, float]]:
    """Author, title, pages and rating."""
    return [
        (author, f"Book {number} of {author}", 100 + number, number / 3)
        for author in range(1, PROLIFIC + 1)
        for number in range(BOOKS_EACH)
    ]
