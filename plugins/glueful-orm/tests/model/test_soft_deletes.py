"""Rows that are marked as deleted, and can come back."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_orm import Engine, HasMany, SoftDeletes, belongs_to, has_many, transaction
from piccolo.columns import ForeignKey, Varchar


class Album(SoftDeletes):
    title = Varchar()

    tracks: HasMany["Track"] = has_many("Track", key="album_id")
    cascades = ("tracks",)


class Track(SoftDeletes):
    album_id = ForeignKey(Album)
    name = Varchar()

    album = belongs_to(Album, key="album_id")


@pytest.fixture
async def album(engine: Engine, created: Callable[..., Awaitable[None]]) -> Any:
    await created(Album, Track)
    album = await Album.create(title="Blue")
    for name in ("one", "two", "three"):
        await album.tracks.create(name=name)
    return album


async def test_a_deleted_row_is_left_out_of_every_query(album: Any) -> None:
    other = await Album.create(title="Red")
    await album.delete()

    assert album.is_trashed
    assert await Album.find(album.id) is None
    assert await Album.all() == [other]
    assert await Album.query().count() == 1
    assert not await Album.where(title="Blue").exists()
    assert await Album.with_trashed().count() == 2
    assert await Album.only_trashed().get() == [album]


async def test_its_children_go_and_come_back_with_it(album: Any) -> None:
    earlier = await Track.where(name="one").first_or_fail()
    await earlier.delete()

    await album.delete()
    assert await Track.query().count() == 0

    again = await Album.only_trashed().first_or_fail()
    assert await again.restore()
    assert sorted(await Track.query().pluck("name")) == ["three", "two"]
    assert not again.is_trashed
    assert not again.dirty()


async def test_a_deleted_parent_is_not_loaded(album: Any) -> None:
    track = await Track.where(name="one").first_or_fail()
    await Album.where(title="Blue").delete()

    assert await track.album is None
    assert await Track.query().where_has("album").count() == 0


async def test_force_delete_deletes(album: Any) -> None:
    track = await Track.where(name="two").first_or_fail()

    assert await track.force_delete()

    assert await Track.with_trashed().where(name="two").count() == 0


async def test_bulk_statements_mark_restore_and_delete(album: Any) -> None:
    assert await Track.where(name__in=["one", "two"]).delete() == 2
    assert await Track.where(name="one").restore() == 1
    assert sorted(await Track.query().pluck("name")) == ["one", "three"]
    assert await Track.only_trashed().force_delete() == 1
    assert await Track.with_trashed().count() == 2


async def test_a_rollback_takes_the_mark_back(album: Any) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await album.delete()
            raise RuntimeError

    assert await Album.find(album.id) == album
    assert await Track.query().count() == 3
