"""Cursors, chunks, structs, upserts and the rest of a query's results."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from glueful_orm import CursorInvalid, Engine, MassAssignmentError, Model, UnknownColumn
from glueful_orm.model.errors import CursorOrder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from piccolo.columns import Boolean, Integer, Varchar


class Item(Model):
    name = Varchar(unique=True)
    rank = Integer(default=0)
    is_sold = Boolean(default=False)
    note = Varchar(null=True, default=None)


@pytest.fixture
async def items(engine: Engine, created: Callable[..., Awaitable[None]]) -> Engine:
    await created(Item)
    await Item.insert_many([{"name": f"i{number:02}", "rank": number % 4} for number in range(25)])
    return engine


async def walk(query: Any, size: int) -> list[str]:
    names, cursor = [], None
    while True:
        page = await query.cursor_paginate(cursor, size)
        names += [item.name for item in page]
        if (cursor := page.next_cursor) is None:
            return names


@pytest.mark.parametrize("size", [1, 4, 5, 25, 100])
async def test_cursors_walk_through_all_rows_in_order(items: Engine, size: int) -> None:
    query = Item.order_by("-rank", "name")

    assert await walk(query, size) == [item.name for item in await query]


async def test_a_cursor_leads_back(items: Engine) -> None:
    first = await Item.order_by("-rank").cursor_paginate(per_page=10)
    second = await Item.order_by("-rank").cursor_paginate(first.next_cursor, 10)
    back = await Item.order_by("-rank").cursor_paginate(second.previous_cursor, 10)

    assert back.items == first.items
    assert (first.previous_cursor, back.previous_cursor) == (None, None)
    assert back.next_cursor == first.next_cursor


async def test_rows_that_are_inserted_meanwhile_move_nothing(items: Engine) -> None:
    first = await Item.order_by("name").cursor_paginate(per_page=5)
    await Item.create(name="a new first one")

    second = await Item.order_by("name").cursor_paginate(first.next_cursor, 5)

    assert [item.name for item in second] == ["i05", "i06", "i07", "i08", "i09"]


async def test_a_cursor_of_another_order_or_of_somebody_else_is_refused(items: Engine) -> None:
    cursor: Any = (await Item.order_by("name").cursor_paginate(per_page=5)).next_cursor

    for wrong in (cursor[:-2] + "AA", "x", "", "é", "A" * 5_000, cursor + cursor):
        with pytest.raises(CursorInvalid):
            await Item.order_by("name").cursor_paginate(wrong)
    with pytest.raises(CursorInvalid):
        await Item.order_by("-name").cursor_paginate(cursor)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
async def test_no_text_is_a_cursor(items: Engine, text: str) -> None:
    with pytest.raises(CursorInvalid):
        await Item.order_by("name").cursor_paginate(text)


async def test_an_order_that_may_be_null_cannot_be_walked(items: Engine) -> None:
    with pytest.raises(CursorOrder, match="may be NULL"):
        await Item.order_by("note").cursor_paginate()


async def test_chunks_hold_every_row_once(items: Engine) -> None:
    sizes, seen = [], []
    async for chunk in Item.where(Item.rank < 3).chunk(7):
        sizes.append(len(chunk))
        seen += [item.id for item in chunk]
        await chunk[0].update(rank=random.choice([0, 1]))

    assert sizes == [7, 7, 5]
    assert len(set(seen)) == 19


class Label(msgspec.Struct):
    name: str
    is_sold: bool


async def test_structs_and_json_skip_the_model(items: Engine) -> None:
    query = Item.order_by("name").limit(1)

    assert await query.structs(Label) == [Label("i00", is_sold=False)]
    assert await query.json(Label) == b'[{"name":"i00","is_sold":false}]'

    class Wrong(msgspec.Struct):
        nothing: str

    with pytest.raises(UnknownColumn):
        await query.structs(Wrong)


async def test_upsert_inserts_or_changes(items: Engine) -> None:
    await Item.upsert([{"name": "i00", "rank": 9}, {"name": "new", "rank": 8}], unique=["name"])

    assert await Item.where(rank__ge=8).order_by("name").pluck("name") == ["i00", "new"]
    assert await Item.query().count() == 26

    await Item.upsert([{"name": "i00", "rank": 1, "note": "kept"}], unique=["name"], update=["note"])
    found = await Item.where(name="i00").first_or_fail()
    assert (found.rank, found.note) == (9, "kept")
    with pytest.raises(MassAssignmentError):
        await Item.upsert([{"name": "x"}], unique=['name") --'])


async def test_update_or_create(items: Engine) -> None:
    made = await Item.update_or_create({"rank": 5}, name="fresh")
    again = await Item.update_or_create({"rank": 6}, name="fresh")

    assert (made, again.rank) == (again, 6)


async def test_replicate_fresh_and_destroy(items: Engine) -> None:
    first = await Item.where(name="i03").first_or_fail()
    copy = first.replicate(name="copy")
    await copy.save()

    assert (copy.rank, copy.id == first.id) == (first.rank, False)
    first.rank = 99
    fresh: Any = await first.fresh()
    assert (fresh.rank, first.rank) == (3, 99)
    assert first.original()["rank"] == 3
    assert await Item.destroy(first.id, copy.id, 10_000) == 2
    assert await copy.fresh() is None


async def test_aggregates_of_the_query(items: Engine) -> None:
    query = Item.where(Item.rank > 1)

    assert (await query.sum("rank"), await query.max("rank"), await query.min("rank")) == (30, 3, 2)
    assert await Item.where(name="nobody").max("rank") is None
    assert await Item.where(name="nobody").sum("rank") == 0


async def test_the_database_explains_the_query(items: Engine) -> None:
    assert "items" in await Item.where(name="i00").explain()


async def test_observers_hear_of_one_model(items: Engine) -> None:
    heard: list[str] = []

    class Watching:
        def creating(self, model: Any) -> bool:
            heard.append(f"creating {model.name}")
            return bool(model.name != "forbidden")

        async def created(self, model: Any) -> None:
            heard.append(f"created {model.id is not None}")

    watching = Watching()
    Item.observe(watching)
    try:
        await Item.create(name="watched")
        assert not (await Item.create(name="forbidden")).is_stored
    finally:
        from glueful_orm.events import EVENTS

        EVENTS.ignore(Item, watching)
    await Item.create(name="unwatched")

    assert heard == ["creating watched", "created True", "creating forbidden"]
    with pytest.raises(TypeError, match="no model event"):
        Item.observe(random)


async def test_an_observer_can_wait_for_the_commit(items: Engine) -> None:
    from glueful_orm import transaction
    from glueful_orm.events import EVENTS

    heard: list[str] = []

    class Watching:
        after_commit = True

        async def created(self, model: Any) -> None:
            heard.append(model.name)

    watching = Watching()
    Item.observe(watching)
    try:
        with pytest.raises(RuntimeError):
            async with transaction():
                await Item.create(name="lost")
                raise RuntimeError
        async with transaction():
            await Item.create(name="kept")
            assert heard == []
    finally:
        EVENTS.ignore(Item, watching)

    assert heard == ["kept"]
