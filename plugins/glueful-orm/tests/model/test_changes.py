"""What is written, what is refused, and what comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_orm import (
    BelongsToMany,
    Engine,
    MassAssignmentError,
    Model,
    ModelNotFound,
    OptimisticLock,
    SoftDeletes,
    Timestamps,
    belongs_to_many,
    global_scope,
)
from glueful_orm.events import EVENTS
from glueful_orm.testing import assert_queries
from piccolo.columns import Boolean, ForeignKey, Integer, Varchar


class Draft(Timestamps, OptimisticLock, SoftDeletes):
    title = Varchar(default="")
    views = Integer(default=0)
    is_public = Boolean(default=False)

    guarded = frozenset({"is_public"})

    labels: BelongsToMany["Label"] = belongs_to_many(
        "Label", through="DraftLabel", key="draft_id", other_key="label_id"
    )

    @global_scope
    def public(query: Any) -> Any:  # noqa: N805 - a scope takes the query
        return query.where(is_public=True)


class Label(Model):
    name = Varchar(unique=True)


class DraftLabel(Model, keyless=True):
    draft_id = ForeignKey(Draft)
    label_id = ForeignKey(Label)
    position = Integer(default=0)


@pytest.fixture
async def draft(engine: Engine, created: Callable[..., Awaitable[None]]) -> Draft:
    await created(Draft, Label, DraftLabel)
    return await Draft.create(title="first")


@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "version", "is_public", "labels", "pk", "_stored"])
async def test_a_request_sets_nothing_that_is_not_its_own(draft: Draft, name: str) -> None:
    for attempt in (Draft.create(**{name: 1}), draft.update(**{name: 1})):
        with pytest.raises(MassAssignmentError) as refused:
            await attempt
        assert refused.value.names == [name]


async def test_a_key_that_the_database_makes_can_be_chosen_on_purpose(draft: Draft) -> None:
    label = Label(id=77, name="chosen")
    await label.save()

    assert (await Label.find_or_fail(77)).name == "chosen"
    await label.update(name="renamed")
    assert await Label.where(id=77).pluck("name") == ["renamed"]


async def test_a_row_is_read_again_whatever_the_scopes_say(draft: Draft) -> None:
    await draft.delete()

    assert (await draft.refresh()).is_trashed
    fresh: Any = await draft.fresh()
    assert (fresh.is_trashed, fresh) == (True, draft)
    assert await Draft.find(draft.id) is None
    await draft.force_delete()
    assert await draft.fresh() is None
    with pytest.raises(ModelNotFound):
        await draft.refresh()


async def test_a_copy_begins_anew(draft: Draft) -> None:
    await draft.update(title="second")
    await draft.delete()

    copy = draft.replicate(views=9)
    await copy.save()

    assert (copy.title, copy.views, copy.version, copy.is_trashed) == ("second", 9, 1, False)
    assert copy.id != draft.id
    assert copy.created_at > draft.created_at


async def test_numbers_are_added_in_the_database(draft: Draft, engine: Engine) -> None:
    stale = await draft.fresh()
    assert stale is not None

    await asyncio.gather(*[stale.increment("views", 2) for _ in range(20)])
    await draft.increment("views", -1, title="seen")

    assert (draft.views, draft.title) == (39, "seen")
    assert await Draft.query().without_scopes().update(views=Draft.views + 1) == 1
    assert await Draft.query().without_scopes().pluck("views") == [40]
    await draft.force_delete()
    with pytest.raises(ModelNotFound):
        await draft.increment("views")


async def test_a_hook_may_take_every_change_back(draft: Draft) -> None:
    class Keeping:
        def saving(self, model: Draft) -> None:
            model.title = "first"

    keeping = Keeping()
    Draft.observe(keeping)
    try:
        with assert_queries(0):
            assert await draft.update(title="other")
    finally:
        EVENTS.ignore(Draft, keeping)

    assert draft.title == "first"


async def test_rows_are_created_through_a_pivot_and_synchronising_tells_what_it_did(draft: Draft) -> None:
    first = await draft.labels.create({"name": "first"}, position=3)
    second, third = [await Label.create(name=name) for name in ("second", "third")]
    assert [(label.name, label.pivot.position) for label in await draft.labels] == [("first", 3)]

    synced = await draft.labels.sync({first.id: {"position": 1}, second.id: {}})
    assert [set(keys) for keys in synced] == [{second.id}, set(), {first.id}]
    assert [set(keys) for keys in await draft.labels.sync([second.id])] == [set(), {first.id}, set()]
    assert [set(keys) for keys in await draft.labels.toggle(second, third)] == [{third.id}, {second.id}, set()]
    found: Any = await draft.labels.first()
    assert found.name == "third"
    assert [label.name for label in await draft.labels.limit(5)] == ["third"]
