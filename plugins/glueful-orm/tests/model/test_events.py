"""Model events: plugins hear of rows, and may refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from glueful_hookspecs import Plugin, current_scope, hookimpl
from glueful_kernel import Kernel
from glueful_orm.events import EVENTS, NAMES

HEARD: list[str] = []


def listener(event: str) -> Any:
    @hookimpl(specname=f"glueful_model_{event}")
    def hear(self: Any, model: Any) -> bool | None:
        HEARD.append(event)
        return False if event == self.refuses else None

    return hear


class Listener(Plugin):
    refuses = ""
    locals().update({f"hear_{event}": listener(event) for event in NAMES})


@pytest.fixture
def plugin() -> Iterator[Listener]:
    class Application: ...

    HEARD.clear()
    plugin, application = Listener(), Application()
    EVENTS.bind(application, Kernel({}, [plugin], only=[]).composition.dispatcher)
    token = current_scope.set({"type": "lifespan", "litestar_app": application})
    yield plugin
    current_scope.reset(token)
    EVENTS.unbind(application)


async def test_events_fire_in_their_order(shop: Any, plugin: Listener) -> None:
    topic = await shop.Topic.create(name="art")
    await topic.update(name="bees")
    await topic.save()
    await shop.Topic.find(topic.pk)
    await topic.delete()

    assert [
        *("saving", "creating", "created", "saved"),
        *("saving", "updating", "updated", "saved"),
        "retrieved",
        *("deleting", "deleted"),
    ] == HEARD


@pytest.mark.parametrize("event", ["saving", "creating"])
async def test_a_refused_row_is_not_inserted(shop: Any, plugin: Listener, event: str) -> None:
    plugin.refuses = event

    topic = await shop.Topic.create(name="art")

    assert not topic.is_stored
    assert await shop.Topic.query().count() == 0


async def test_a_refused_change_and_a_refused_deletion_leave_the_row(shop: Any, plugin: Listener) -> None:
    topic = await shop.Topic.create(name="art")

    plugin.refuses = "updating"
    assert await topic.update(name="bees") is False
    plugin.refuses = "deleting"
    assert await topic.delete() is False

    assert await shop.Topic.query().pluck("name") == ["art"]


async def test_bulk_statements_fire_nothing(shop: Any, plugin: Listener) -> None:
    await shop.Topic.insert_many([{"name": "art"}])
    await shop.Topic.query().update(name="bees")
    await shop.Topic.query().delete()

    assert HEARD == []
