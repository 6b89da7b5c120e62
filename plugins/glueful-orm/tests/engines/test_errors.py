"""Database errors: the same types on both databases, and never a value in a message."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from glueful_orm.engines import Engine, engine_from_url
from glueful_orm.errors import (
    CheckViolation,
    ConstraintViolation,
    DatabaseError,
    DatabaseUnreachable,
    DataError,
    Deadlock,
    DiskFull,
    ForeignKeyViolation,
    InsufficientPrivilege,
    InvalidStatement,
    LockTimeout,
    NotNullViolation,
    NumericOverflow,
    RaisedInDatabase,
    ReadOnlyTransaction,
    SerializationFailure,
    StatementTimeout,
    StoredValueInvalid,
    UniqueViolation,
)
from glueful_orm.transactions import transaction

Sql = Callable[[str], str]

SECRET = "hunter2-never-shown"


@pytest.fixture
async def accounts(engine: Engine) -> AsyncIterator[None]:
    await engine.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
    await engine.execute(
        """CREATE TABLE account (
            id integer PRIMARY KEY,
            email varchar(100) NOT NULL UNIQUE,
            tenant integer,
            name varchar(100),
            age integer CONSTRAINT adult CHECK (age >= 18),
            small smallint,
            parent_id integer REFERENCES parent (id),
            CONSTRAINT one_name UNIQUE (tenant, name)
        )"""
    )
    yield
    # Whatever went wrong, the engine works on.
    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]


def assert_nothing_shown(error: BaseException, secret: str = SECRET) -> None:
    """Neither the message nor a traceback, with causes and contexts, holds the value."""
    assert secret not in "".join(traceback.format_exception(error))
    assert secret not in repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.usefixtures("accounts")
async def test_a_unique_violation_names_table_and_columns(engine: Engine, sql: Sql) -> None:
    insert = sql("INSERT INTO account (id, email, tenant, name) VALUES (?, ?, 1, ?)")
    await engine.execute(insert, [1, SECRET, SECRET])

    with pytest.raises(UniqueViolation) as one:
        await engine.execute(insert, [2, SECRET, "other"])
    with pytest.raises(UniqueViolation) as two:
        await engine.execute(insert, [2, "other", SECRET])
    with pytest.raises(UniqueViolation) as key:
        await engine.execute(insert, [1, "other", "other"])

    assert (one.value.table, one.value.columns) == ("account", ("email",))
    assert (two.value.table, two.value.columns) == ("account", ("tenant", "name"))
    assert (key.value.table, key.value.columns) == ("account", ("id",))
    assert two.value.constraint == ("one_name" if engine.dialect == "postgres" else "")
    for caught in (one, two, key):
        assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
async def test_a_unique_index_over_an_expression_is_named(engine: Engine, sql: Sql) -> None:
    await engine.execute("CREATE UNIQUE INDEX email_without_case ON account (lower(email))")
    await engine.execute(sql("INSERT INTO account (id, email) VALUES (?, ?)"), [1, SECRET])

    with pytest.raises(UniqueViolation) as caught:
        await engine.execute(sql("INSERT INTO account (id, email) VALUES (?, ?)"), [2, SECRET.upper()])

    assert (caught.value.columns, caught.value.constraint) == ((), "email_without_case")
    assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
async def test_a_missing_value_names_its_column(engine: Engine, sql: Sql) -> None:
    with pytest.raises(NotNullViolation) as caught:
        await engine.execute(sql("INSERT INTO account (id, email, name) VALUES (1, ?, ?)"), [None, SECRET])

    assert (caught.value.table, caught.value.column) == ("account", "email")
    assert str(caught.value) == "account(email): a row violates NOT NULL"
    assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
async def test_a_check_is_named(engine: Engine, sql: Sql) -> None:
    with pytest.raises(CheckViolation) as caught:
        await engine.execute(sql("INSERT INTO account (id, email, age) VALUES (1, ?, 17)"), [SECRET])

    assert caught.value.constraint == "adult"
    assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
async def test_a_foreign_key_to_nothing_is_refused_and_so_is_deleting_what_is_pointed_to(
    engine: Engine, sql: Sql
) -> None:
    await engine.execute("INSERT INTO parent VALUES (1)")
    await engine.execute(sql("INSERT INTO account (id, email, parent_id) VALUES (1, ?, 1)"), [SECRET])

    with pytest.raises(ForeignKeyViolation) as missing:
        await engine.execute(sql("INSERT INTO account (id, email, parent_id) VALUES (2, ?, 2)"), ["x"])
    with pytest.raises(ForeignKeyViolation) as used:
        await engine.execute("DELETE FROM parent")

    assert isinstance(missing.value, ConstraintViolation)
    assert missing.value.columns == (("parent_id",) if engine.dialect == "postgres" else ())
    assert_nothing_shown(used.value)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("statement", ["SELEC 1", "SELECT * FROM nowhere", "SELECT nothing FROM account", "SELECT 'a"])
async def test_wrong_sql_is_shown_with_the_error(engine: Engine, statement: str) -> None:
    with pytest.raises(InvalidStatement) as caught:
        await engine.fetch(statement)

    assert statement in str(caught.value)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("values", [[], [1, SECRET, 2]])
async def test_the_wrong_number_of_arguments_is_a_wrong_statement(
    engine: Engine, sql: Sql, values: list[object]
) -> None:
    with pytest.raises(InvalidStatement) as caught:
        await engine.fetch(sql("SELECT * FROM account WHERE id = ? AND email = ?"), values)

    assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("id", 2**63, NumericOverflow),
        ("id", 10**30, NumericOverflow),
        ("email", f"{SECRET}\ud800", DataError),
        ("email", object(), DataError),
    ],
    ids=["2^63", "10^30", "lone surrogate", "an object"],
)
async def test_values_that_neither_database_takes_are_data_errors(
    engine: Engine, sql: Sql, column: str, value: object, expected: type[DatabaseError]
) -> None:
    values = {"id": 1, "email": "x", column: value}

    with pytest.raises(expected) as caught:
        await engine.execute(sql("INSERT INTO account (id, email) VALUES (?, ?)"), list(values.values()))

    assert_nothing_shown(caught.value)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    ("cast", "value"),
    [
        ("text", f"{SECRET}\x00"),
        ("integer", SECRET),
        ("integer", 2**31),
        ("smallint", 10**6),
        ("uuid", SECRET),
        ("numeric(5,2)", Decimal(10_000_000)),
        ("timestamptz", None),
        ("date", SECRET),
        ("jsonb", "{not json " + SECRET),
        ("varchar(3)", None),
        ("inet", SECRET),
        ("integer[]", SECRET),
    ],
)
async def test_what_postgresql_cannot_take_is_a_data_error(postgres: Engine, cast: str, value: object) -> None:
    if cast.startswith("varchar"):
        await postgres.execute("CREATE TABLE short (a varchar(3))")
        statement, value = "INSERT INTO short VALUES ($1)", SECRET
    elif cast == "timestamptz":
        statement, value = "SELECT $1::timestamptz + interval '300000 years'", datetime(2000, 1, 1, tzinfo=UTC)
    else:
        statement = f"SELECT $1::{cast}"

    with pytest.raises(DataError) as caught:
        await postgres.fetch(statement, [value])

    assert_nothing_shown(caught.value)


async def test_the_position_of_an_argument_that_does_not_fit_is_told(postgres: Engine) -> None:
    with pytest.raises(DataError) as caught:
        await postgres.fetch("SELECT $1::text, $2::integer", ["fine", SECRET])

    assert caught.value.argument == 2
    assert str(caught.value) == "argument 2 of the statement: a value that does not fit its type"


async def test_a_stored_value_of_another_type_than_declared_is_told_apart(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a UUID)")
    await sqlite.execute("INSERT INTO t VALUES (?)", [SECRET])

    with pytest.raises(StoredValueInvalid) as caught:
        await sqlite.fetch("SELECT a FROM t")

    assert_nothing_shown(caught.value)
    assert await sqlite.fetch("SELECT +a FROM t") == [(SECRET,)]


async def test_a_value_of_another_type_in_a_strict_table_is_a_data_error(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a INTEGER) STRICT")

    with pytest.raises(DataError):
        await sqlite.execute("INSERT INTO t VALUES (?)", ["text"])


async def test_what_a_trigger_refuses_keeps_its_message_apart(engine: Engine) -> None:
    await engine.execute("CREATE TABLE t (a integer)")
    if engine.dialect == "sqlite":
        await engine.execute(
            "CREATE TRIGGER no_insert BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'closed for today'); END"
        )
    else:
        await engine.execute(
            """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'closed for today'; END $$"""
        )
        await engine.execute("CREATE TRIGGER no_insert BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse()")

    with pytest.raises(RaisedInDatabase) as caught:
        await engine.execute("INSERT INTO t VALUES (1)")

    assert caught.value.server_message == "closed for today"
    assert "closed" not in str(caught.value)


@pytest.mark.usefixtures("accounts")
async def test_a_read_only_transaction_refuses_to_write(engine: Engine) -> None:
    with pytest.raises(ReadOnlyTransaction):
        async with transaction(read_only=True):
            await engine.fetch("SELECT * FROM parent")
            await engine.execute("INSERT INTO parent VALUES (1)")

    assert await engine.fetch("SELECT * FROM parent") == []


async def test_a_full_disk_is_told_and_nothing_of_the_transaction_is_stored(sqlite: Engine) -> None:
    await sqlite.execute("CREATE TABLE t (a blob)")
    [[pages]] = await sqlite.fetch("PRAGMA page_count")
    await sqlite.execute(f"PRAGMA max_page_count={int(pages) + 20}")

    with pytest.raises(DiskFull):
        async with transaction():
            for _ in range(100):
                await sqlite.execute("INSERT INTO t VALUES (zeroblob(4000))")

    assert await sqlite.fetch("SELECT count(*) FROM t") == [(0,)]


async def test_a_statement_that_takes_too_long_is_stopped(database_url: str) -> None:
    engine = engine_from_url(database_url, statement_timeout_seconds=0.2)
    await engine.open()
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "postgres": "SELECT pg_sleep(60)",
    }[engine.dialect]

    with pytest.raises(StatementTimeout):
        await engine.fetch(endless)

    assert [row[0] for row in await engine.fetch("SELECT 1")] == [1]
    await engine.close()


async def test_two_transactions_that_wait_for_each_other_are_a_deadlock(postgres: Engine) -> None:
    await postgres.execute("CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT 0)")
    await postgres.execute("INSERT INTO t (id) VALUES (1), (2)")
    both_hold_one = asyncio.Barrier(2)

    async def update(first: int, second: int) -> None:
        async with postgres.transaction():
            await postgres.execute("SET LOCAL deadlock_timeout = '50ms'")
            await postgres.execute("UPDATE t SET a = a + 1 WHERE id = $1", [first])
            await both_hold_one.wait()
            await postgres.execute("UPDATE t SET a = a + 1 WHERE id = $1", [second])

    results = await asyncio.gather(update(1, 2), update(2, 1), return_exceptions=True)

    assert sorted(type(result) for result in results if result is not None) == [Deadlock]  # type: ignore[type-var]
    assert [row[0] for row in await postgres.fetch("SELECT a FROM t")] == [1, 1]


async def test_what_cannot_be_serialized_is_told(postgres: Engine) -> None:
    await postgres.execute("CREATE TABLE t (a integer)")
    both_have_read = asyncio.Barrier(2)

    async def insert() -> None:
        async with postgres.transaction(isolation="serializable"):
            await postgres.fetch("SELECT count(*) FROM t")
            await both_have_read.wait()
            await postgres.execute("INSERT INTO t VALUES (1)")

    results = await asyncio.gather(insert(), insert(), return_exceptions=True)

    assert [type(result) for result in results if result is not None] == [SerializationFailure]


async def test_a_lock_that_is_not_released_in_time_is_told(database_url: str) -> None:
    holder = engine_from_url(database_url)
    options = {"busy_timeout_seconds": 0.1} if database_url.startswith("sqlite") else {}
    engine = engine_from_url(database_url, **options)
    await holder.open()
    await engine.open()
    await holder.execute("CREATE TABLE t (a integer)")
    async with holder.transaction():
        await holder.execute("INSERT INTO t VALUES (1)")
        if holder.dialect == "postgres":
            await holder.execute("LOCK TABLE t")

        with pytest.raises(LockTimeout):
            async with engine.transaction():
                if engine.dialect == "postgres":
                    await engine.execute("SET LOCAL lock_timeout = '100ms'")
                await engine.execute("INSERT INTO t VALUES (2)")
        if engine.dialect == "sqlite":
            with pytest.raises(LockTimeout):
                await engine.execute("INSERT INTO t VALUES (2)")

    await engine.execute("INSERT INTO t VALUES (3)")
    assert [row[0] for row in await engine.fetch("SELECT a FROM t ORDER BY a")] == [1, 3]
    await engine.close()
    await holder.close()


async def test_a_user_without_rights_is_told(postgres: Engine) -> None:
    await postgres.execute("CREATE TABLE t (a integer)")

    with pytest.raises(InsufficientPrivilege):
        async with postgres.transaction():
            await postgres.execute("SET LOCAL ROLE pg_monitor")
            await postgres.fetch("SELECT * FROM t")


async def test_a_file_that_is_no_database_is_told(sqlite_path: str) -> None:
    with open(sqlite_path, "w") as file:  # noqa: ASYNC230, PTH123
        file.write("once upon a time" * 1000)

    with pytest.raises(DatabaseError, match="not a healthy SQLite database"):
        await engine_from_url(f"sqlite:///{sqlite_path}").open()


async def test_a_folder_that_does_not_exist_is_told() -> None:
    with pytest.raises(DatabaseUnreachable, match=r"/nowhere/at/all\.sqlite3: SQLite cannot open the file"):
        await engine_from_url("sqlite:////nowhere/at/all.sqlite3").open()
