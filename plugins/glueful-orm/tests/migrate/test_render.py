"""Names, literals and columns as SQL."""

import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from glueful_orm.migrate.errors import MigrationError, NameInvalid
from glueful_orm.migrate.names import index_name, quote, text_literal
from glueful_orm.migrate.render import backfill, render_default
from hypothesis import given
from hypothesis import strategies as st
from piccolo.columns.column_types import (
    JSON,
    UUID,
    Array,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    Interval,
    Numeric,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.date import DateCustom


@given(st.text(min_size=1, max_size=15).filter(str.isprintable))
def test_any_printable_name_is_one_identifier(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {quote(name)} ({quote(name)} INTEGER)")

    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [(name,)]
    assert connection.execute("SELECT name FROM pragma_table_info(?)", [name]).fetchall() == [(name,)]
    connection.close()


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "\u200b", "é" * 32, "x" * 64, "\ud800"])
def test_a_name_that_cannot_be_stored_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        quote(name)


@given(st.text().filter(lambda text: "\0" not in text and text.isprintable()))
def test_a_text_comes_back_from_its_literal(text: str) -> None:
    connection = sqlite3.connect(":memory:")

    assert connection.execute(f"SELECT {text_literal(text)}").fetchone() == (text,)
    connection.close()


@pytest.mark.parametrize(
    ("column", "sqlite", "postgres"),
    [
        (Varchar(default="it's"), "'it''s'", "'it''s'"),
        (Varchar(default=None, null=True), None, None),
        (Text(default="{}; DROP TABLE x; --"), "'{}; DROP TABLE x; --'", "'{}; DROP TABLE x; --'"),
        (Boolean(default=True), "1", "true"),
        (Integer(default=-7), "-7", "-7"),
        (DoublePrecision(default=1.5), "1.5", "1.5"),
        (Numeric(default=Decimal("1.50")), "1.50", "1.50"),
        (Bytea(default=b"\x00'"), "X'0027'", "'\\x0027'"),
        (JSON(default='{"a":"it\'s"}'), """'{"a":"it''s"}'""", """'{"a":"it''s"}'"""),
        (Date(default=DateCustom(2026, 1, 2)), "'2026-01-02'", "'2026-01-02'"),
        (Timestamptz(), "(strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))", "current_timestamp"),
        (UUID(default=uuid.UUID(int=1)), f"'{uuid.UUID(int=1)}'", f"'{uuid.UUID(int=1)}'"),
        (UUID(), None, "gen_random_uuid()"),
        (Serial(), None, None),
        (Array(base_column=Varchar(), default=["a,b", '"', "it's"]), None, """'{"a,b","\\"","it''s"}'"""),
        (Interval(default=timedelta(days=1)), None, None),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value[:20],
)
def test_defaults_are_literals_of_each_database(column: Any, sqlite: str | None, postgres: str | None) -> None:
    if sqlite is not None or not isinstance(column, Array | Interval):
        assert render_default(column, "sqlite") == sqlite
    if postgres is not None or not isinstance(column, Interval):
        assert render_default(column, "postgres") == postgres


def test_a_function_is_no_default_of_the_database_and_fills_existing_rows() -> None:
    def token() -> str:
        return "made"

    column = Varchar(default=token)

    assert render_default(column, "sqlite") is None
    assert backfill(column, "sqlite") == "'made'"


def test_existing_rows_get_different_uuids_on_sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    rows = connection.execute(
        f"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT {backfill(UUID(), 'sqlite')} FROM n"
    ).fetchall()

    assert len({uuid.UUID(text).bytes for (text,) in rows}) == 50
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for (text,) in rows} == {(4, "specified in RFC 4122")}
    connection.close()


def test_long_index_names_stay_different() -> None:
    first, second = (index_name("t" * 40, "c" * 30 + ending) for ending in ("a", "b"))

    assert first != second
    assert len(first) == len(second) == 63
    assert index_name("posts", "title") == "posts_title"


def test_a_foreign_key_to_an_unknown_table_is_refused() -> None:
    from glueful_orm.migrate.render import foreign_key_of
    from glueful_orm.migrate.state import State, TableState

    column: ForeignKey[Any] = ForeignKey("Nobody")
    column._meta._name = "x_id"

    with pytest.raises(MigrationError, match="refers to 'Nobody', which no migration creates"):
        foreign_key_of(column, TableState("blog", "Post", "posts"), State())


def test_a_timestamp_default_keeps_its_zone() -> None:
    column = Timestamptz(default=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))

    assert "2026-01-02 03:04:00+00:00" in str(render_default(column, "postgres"))
