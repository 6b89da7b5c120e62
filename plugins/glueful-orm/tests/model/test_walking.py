"""Going through many rows: streams, chunks, pages and cursors."""

import datetime as dt
import gc
import tracemalloc
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from glueful_orm import (
    CursorInvalid,
    Engine,
    HasMany,
    LoadingOneByOne,
    Model,
    belongs_to,
    has_many,
    outside_transaction,
    transaction,
)
from glueful_orm.errors import TransactionError
from glueful_orm.model.errors import KeylessModel, UnsupportedClause
from glueful_orm.testing import assert_queries
from piccolo.columns import UUID, Date, ForeignKey, Integer, Interval, Numeric, Time, Timestamp, Timestamptz, Varchar


class Reader(Model):
    name = Varchar(default="")

    loans: HasMany["Loan"] = has_many("Loan", key="reader_id")


class Loan(Model):
    reader_id = ForeignKey(Reader)
    title = Varchar(default="")
    number = Integer(default=0)
    day = Date(default=dt.date(2026, 1, 1))
    hour = Time(default=dt.time(0))
    seen_at = Timestamptz()
    local_at = Timestamp()
    lasts = Interval(default=dt.timedelta(0))
    price = Numeric(digits=(8, 2), default=Decimal(0))
    code = UUID()

    reader = belongs_to(Reader, key="reader_id")


class Mark(Model, keyless=True):
    number = Integer()


@pytest.fixture
async def reader(engine: Engine, created: Callable[..., Awaitable[None]]) -> Reader:
    await created(Reader, Loan, Mark)
    return await Reader.create(name="Ann")


def loan(reader: Reader, number: int) -> dict[str, Any]:
    step = number // 2  # every value twice
    return {
        "reader_id": reader.id,
        "number": step,
        "title": f"t{step}",
        "day": dt.date(2026, 1, 1 + step),
        "hour": dt.time(step, 30),
        "seen_at": dt.datetime(2026, 1, 1 + step, microsecond=step, tzinfo=dt.UTC),
        "local_at": dt.datetime.fromisoformat(f"2026-01-{step + 1:02} 12:00"),
        "lasts": dt.timedelta(minutes=step, microseconds=step),
        "price": Decimal(step) / 4,
        "code": uuid.UUID(int=step),
    }


ORDERS = ["number", "-title", "day", "hour", "-seen_at", "local_at", "lasts", "price", "code", "-id"]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_cursor_walks_in_the_order_of_every_type(reader: Reader, order: str) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(9)])
    seen: list[int] = []
    cursor = None
    while True:
        page = await Loan.order_by(order).cursor_paginate(cursor, 2)
        seen += [one.id for one in page]
        if (cursor := page.next_cursor) is None:
            break

    expected = await Loan.order_by(order).get() if order == "-id" else await Loan.order_by(order, "id")
    assert seen == [one.id for one in expected]


async def test_a_cursor_belongs_to_its_clauses_and_to_whom_it_was_bound(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(9)])
    cursor = (await Loan.where(number__ge=1).order_by("day").cursor_paginate(per_page=2, bound_to="ann")).next_cursor

    again = await Loan.where(number__ge=0).order_by("day").cursor_paginate(cursor, bound_to="ann")
    assert len(again.items) == 5, "another value of the same filter, as with `published_at <= now`, is the same list"
    for other in (Loan.order_by("day"), Loan.where(number__gt=1).order_by("day"), reader.loans.order_by("day")):
        with pytest.raises(CursorInvalid):
            await other.cursor_paginate(cursor, bound_to="ann")
    for somebody in ("", "bob"):
        with pytest.raises(CursorInvalid):
            await Loan.where(number__ge=1).order_by("day").cursor_paginate(cursor, bound_to=somebody)


async def test_a_page_that_is_not_counted_costs_one_statement(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(5)])

    with assert_queries(2):
        first = await Loan.order_by("id").paginate(1, 3, count=False)
        second = await Loan.order_by("id").paginate(2, 3, count=False)

    assert ([one.id for one in first], first.has_more) == ([1, 2, 3], True)
    assert ([one.id for one in second], second.has_more) == ([4, 5], False)


async def test_a_stream_loads_relations_for_a_batch_at_a_time(reader: Reader, engine: Engine) -> None:
    await Loan.insert_many([loan(reader, 0)] * 10)

    with assert_queries(1 + 4):
        readers = [one.reader.loaded.name async for one in Loan.with_("reader").stream(batch=3)]
    assert readers == ["Ann"] * 10
    with assert_queries(1 + 4):
        assert [(await one.reader).name async for one in Loan.query().stream(batch=3)] == ["Ann"] * 10
    engine.n_plus_one = "raise"
    with pytest.raises(LoadingOneByOne):
        async for one in Loan.query():
            await one.reader


async def test_a_query_is_walked_in_constant_memory(reader: Reader) -> None:
    row = loan(reader, 0) | {"title": "x" * 200}

    async def peak(rows: int) -> int:
        await Loan.query().delete()
        await Loan.insert_many([row] * rows)
        gc.collect()
        tracemalloc.start()
        count = 0
        async for _ in Loan.query().stream(batch=100):
            count += 1
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return highest

    small, large = await peak(500), await peak(5_000)

    assert large < small * 1.5, f"ten times the rows took {large / small:.1f} times the memory"


async def test_a_row_that_is_kept_keeps_no_other_row_of_its_result(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, 0)] * 3)
    gc.collect()
    gc.disable()
    try:
        kept = (await Loan.all())[0]
        alive = [one for one in gc.get_objects() if isinstance(one, Loan)]
    finally:
        gc.enable()

    assert alive == [kept]
    with assert_queries(1):
        assert (await kept.reader).name == "Ann"


async def test_rows_that_are_picked_out_of_a_result_are_still_loaded_together(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(9)])

    picked = [one for one in await Loan.all() if one.number > 1]

    with assert_queries(1):
        assert {(await one.reader).name for one in picked} == {"Ann"}


async def test_chunks_respect_a_limit_and_need_a_key(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(9)])

    assert [len(chunk) async for chunk in Loan.query().limit(5).chunk(2)] == [2, 2, 1]
    assert [[one.id for one in chunk] async for chunk in Loan.query().offset(3).limit(4).chunk(3)] == [[4, 5, 6], [7]]
    with pytest.raises(KeylessModel):
        await anext(Mark.query().chunk())


async def test_what_a_statement_would_not_respect_is_refused(reader: Reader) -> None:
    await Loan.insert_many([loan(reader, 0)] * 3)

    for attempt in (Loan.query().limit(1).delete(), Loan.query().offset(1).update(number=1)):
        with pytest.raises(UnsupportedClause):
            await attempt
    with pytest.raises(TransactionError, match="locks nothing"):
        await Loan.query().for_update()
    async with transaction():
        assert len(await Loan.query().for_update(skip_locked=True)) == 3
    assert await Loan.query().count() == 3


async def test_locked_rows_are_skipped_by_whoever_asks_for_that(reader: Reader, engine: Engine) -> None:
    await Loan.insert_many([loan(reader, number) for number in range(3)])

    async with transaction():
        (mine,) = await Loan.order_by("id").limit(1).for_update(skip_locked=True)
        if engine.dialect == "postgres":
            with outside_transaction():
                async with transaction():
                    (theirs,) = await Loan.order_by("id").limit(1).for_update(skip_locked=True)
            assert theirs.id == mine.id + 1
        await mine.update(number=99)

    assert (await Loan.find_or_fail(mine.id)).number == 99
