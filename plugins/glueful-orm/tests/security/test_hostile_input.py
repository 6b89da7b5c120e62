"""What requests try: each test is a row of a list of attacks and faults, on both databases."""

import datetime as dt
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from glueful_hookspecs import Secret
from glueful_orm import CursorInvalid, DataError, Engine, MassAssignmentError, Timestamps, UnknownColumn, encode_model
from glueful_orm.engines.keys import set_keys
from glueful_orm.errors import DatabaseError
from glueful_orm.mappings import error_mappings
from glueful_orm.testing import assert_queries
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from piccolo.columns import Boolean, Integer, Numeric, Timestamptz, Varchar


class Member(Timestamps):
    email = Varchar(default="")
    password_hash = Varchar(default="")
    age = Integer(default=0)
    balance = Numeric(digits=(10, 2), default=Decimal(0))
    seen_at = Timestamptz(null=True, default=None)
    is_admin = Boolean(default=False)

    guarded = frozenset({"is_admin"})
    hidden = frozenset({"password_hash"})


@pytest.fixture
async def members(engine: Engine) -> Engine:
    set_keys(engine, "test", Secret("k" * 32))
    for statement in Member.create_table().ddl:
        await engine.execute(statement)
    await Member.insert_many([{"email": f"m{number}@example.org", "age": number} for number in range(30)])
    return engine


async def is_healthy(engine: Engine) -> bool:
    return (await engine.fetch("SELECT 1", []))[0][0] == 1 and engine.in_use == 0


HOSTILE_NAMES = ["id; DROP TABLE members", "id)--", '"', "`", "email desc", "id, (select 1)", "", "-", "__class__", "é"]


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "password_hash", "-password_hash"])
async def test_row_names_taken_from_the_request_to_sort_by(members: Engine, name: str) -> None:
    with pytest.raises(UnknownColumn):
        Member.order_by(name)


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "age__regex", "age__gt; --"])
async def test_row_names_taken_from_the_request_to_filter_or_select_by(members: Engine, name: str) -> None:
    with pytest.raises(UnknownColumn):
        Member.where(**{name: 1})
    with pytest.raises(UnknownColumn):
        await Member.query().pluck(name)
    with pytest.raises(UnknownColumn):
        await Member.query().dicts(name)
    with pytest.raises(UnknownColumn):
        await Member.query().update(**{name: 1})
    with pytest.raises(UnknownColumn):
        await Member.query().count_by(name)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8))
@example("%")
@example("_")
@example("\\")
@example("' OR 1=1 --")
async def test_row_wildcards_in_a_search_are_characters(members: Engine, text: str) -> None:
    emails = [f"m{number}@example.org" for number in range(30)]

    assert len(await Member.where(email__contains=text)) == sum(text in email for email in emails)
    assert len(await Member.where(email__startswith=text)) == sum(email.startswith(text) for email in emails)
    assert len(await Member.where(email__endswith=text)) == sum(email.endswith(text) for email in emails)


async def test_row_a_pattern_of_10_kb_and_membership_of_0_and_of_100_000_values(members: Engine) -> None:
    assert await Member.where(email__contains="%_" * 5_000).count() == 0
    assert await Member.where(id__in=[]).get() == []
    assert await Member.where(age__in=range(100_000)).count() == 30


async def test_row_a_body_with_columns_that_are_not_the_callers_to_set(members: Engine) -> None:
    for body in (
        {"id": 1},
        {"created_at": 0},
        {"notes": [{"text": "x"}]},
        {"is_admin": True},
        {"roles": ["admin"]},
        {"pk": 3},
        {"_stored": ()},
        {"__dict__": {}},
    ):
        with pytest.raises(MassAssignmentError):
            await Member.create(email="x", **body)
        with pytest.raises(MassAssignmentError):
            (await Member.query().first_or_fail()).fill(**body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "a\0b"),
        ("age", 2**63),
        ("age", 10**30),
        ("age", "seven"),
        ("age", []),
        ("email", {"a": 1}),
        ("balance", Decimal("NaN")),
        ("balance", Decimal("Infinity")),
        ("balance", Decimal(10**30)),
        ("email", "\ud800"),
        ("seen_at", "0000-00-00"),
    ],
)
async def test_row_values_that_no_column_can_hold(members: Engine, name: str, value: Any) -> None:
    with pytest.raises(DataError) as refused:
        await Member.create(**{name: value})

    assert refused.value.columns == (name,)
    assert error_mappings()[DataError]["status"] == 422
    assert await Member.query().count() == 30
    assert await is_healthy(members)


async def test_row_a_cursor_edited_or_of_another_query(members: Engine) -> None:
    page = await Member.order_by("age").cursor_paginate(per_page=5)
    cursor: Any = page.next_cursor

    for wrong in (cursor[::-1], cursor[:-1], f"{cursor}x", "' OR 1=1", "\0"):
        with pytest.raises(CursorInvalid):
            await Member.order_by("age").cursor_paginate(wrong)
    with pytest.raises(CursorInvalid):
        await Member.order_by("email").cursor_paginate(cursor)
    set_keys(members, "test", Secret("z" * 32))
    with pytest.raises(CursorInvalid):
        await Member.order_by("age").cursor_paginate(cursor)


@pytest.mark.parametrize(("page", "size"), [(1, -1), (1, 0), (0, 5), (-3, 5), (1, 10**9), (10**18, 20)])
async def test_row_sizes_of_pages_beyond_every_limit(members: Engine, page: int, size: int) -> None:
    try:
        found = await Member.query().paginate(page, size)
    except DatabaseError:
        assert page == 10**18
    else:
        assert len(found.items) <= 100
    assert len((await Member.query().cursor_paginate(per_page=size)).items) <= 100
    assert await is_healthy(members)


async def test_row_as_many_statements_for_200_rows_as_for_20(members: Engine) -> None:
    for rows in (20, 200):
        await Member.insert_many([{"email": "x"}] * rows)
        with assert_queries(1):
            await Member.all()


async def test_row_values_of_secret_columns_are_nowhere(
    members: Engine, sql: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    members.slow_query_ms = 0.000_001
    with caplog.at_level(logging.DEBUG):
        member = await Member.create(email="e@example.org", password_hash="$argon2$secret")
        await member.update(password_hash="$argon2$secret2", seen_at=dt.datetime.now(dt.UTC))
        with pytest.raises(DatabaseError) as refused:
            await members.execute(sql("INSERT INTO members (nothing) VALUES (?)"), ["$argon2$secret3"])

    shown = repr(member) + str(member) + msgspec.json.encode(member, enc_hook=encode_model).decode()
    assert "argon2" not in shown
    assert not any("$argon2$secret2" in record.getMessage() for record in caplog.records)
    assert "secret3" not in str(refused.value)
    assert "password_hash" not in (await Member.query().dicts())[0]
