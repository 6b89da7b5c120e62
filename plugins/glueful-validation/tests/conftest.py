"""Applications with the validation alone, and a table in a real database."""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from glueful_validation import ApplicationValidation, NamedColumn, RequestValidation, ValidationSettings
from litestar import Litestar
from litestar.testing import TestClient

MakeClient = Callable[..., TestClient[Litestar]]


def fail(request: Any, error: Exception) -> Any:
    """An unexpected error is the test's."""
    raise error


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Start an application and talk to it. Unexpected errors are raised in the test."""
    with ExitStack() as stack:

        def make(
            handlers: Any,
            settings: ValidationSettings | None = None,
            *,
            options: dict[str, Any] | None = None,
            **application: Any,
        ) -> TestClient[Litestar]:
            application.setdefault("clock", lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))
            app = Litestar(
                handlers if isinstance(handlers, list) else [handlers],
                plugins=[RequestValidation(ApplicationValidation(settings, **application))],
                request_max_body_size=1_000_000,
                exception_handlers={500: fail},
                logging_config=None,
                **(options or {}),
            )
            return stack.enter_context(TestClient(app, raise_server_exceptions=True))

        yield make


class Table:
    """The table ``users`` in SQLite, looked up as an ORM would do it; counts its statements."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.execute("create table users (id integer primary key, email text unique, name text)")
        self.statements: list[str] = []

    def add(self, **columns: Any) -> None:
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self.connection.execute(f"insert into users ({names}) values ({marks})", tuple(columns.values()))

    def accepts(self, column: Any) -> bool:
        return isinstance(column, NamedColumn) and column.table == "users" and column.column in ("id", "email", "name")

    async def existing(self, column: Any, values: Collection[Any], *, ignore_pk: object | None = None) -> set[Any]:
        marks = ", ".join("?" * len(values))
        statement = f"select {column.column} from users where {column.column} in ({marks}) and id is not ?"
        self.statements.append(statement)
        return {row[0] for row in self.connection.execute(statement, (*values, ignore_pk))}


@pytest.fixture
def users() -> Iterator[Table]:
    table = Table()
    yield table
    table.connection.close()
