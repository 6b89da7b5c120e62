"""Changes that are refused when somebody else was quicker."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_orm import Engine, MassAssignmentError, OptimisticLock, StaleModel
from piccolo.columns import Varchar


class Document(OptimisticLock):
    text = Varchar()


@pytest.fixture
async def document(engine: Engine, created: Callable[..., Awaitable[None]]) -> Any:
    await created(Document)
    return await Document.create(text="draft")


async def test_the_second_of_two_who_read_the_same_version_is_refused(document: Any) -> None:
    mine, theirs = [await Document.find_or_fail(document.id) for _ in range(2)]
    await theirs.update(text="theirs")

    with pytest.raises(StaleModel):
        await mine.update(text="mine")
    with pytest.raises(StaleModel):
        await mine.delete()

    assert (await document.refresh()).text == "theirs"
    assert document.version == 2
    assert mine.version == 1


async def test_after_a_refresh_the_change_is_stored(document: Any) -> None:
    await document.update(text="a")
    await document.update(text="b")

    assert (await Document.find_or_fail(document.id)).version == 3
    assert await document.delete()


async def test_nobody_sets_the_version(document: Any) -> None:
    with pytest.raises(MassAssignmentError):
        await document.update(version=9)
