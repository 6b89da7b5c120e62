"""Random sequences of changes, nested transactions and rollbacks, beside a model in memory, on both databases."""

import asyncio
from copy import deepcopy
from typing import Any

from glueful_orm import BelongsToMany, SoftDeletes, belongs_to_many, connect, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from piccolo.columns import Integer, Varchar


class Node(SoftDeletes):
    name = Varchar()
    weight = Integer(default=0)

    tags: BelongsToMany["Tag"] = belongs_to_many("Tag", through="NodeTag", key="node_id", other_key="tag_id")


class Tag(SoftDeletes):
    name = Varchar()


class NodeTag(SoftDeletes, keyless=True):
    node_id = Integer()
    tag_id = Integer()


TAGS = 3


class Changes(RuleBasedStateMachine):
    """``state`` is what the database must hold: id to name, weight, whether deleted, and tags."""

    url = ""
    nodes: Any = Bundle("nodes")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.state: dict[int, dict[str, Any]] = {}
        self.open: list[tuple[Any, dict[int, dict[str, Any]]]] = []
        self.context = connect(self.url)
        self.work: asyncio.Queue[Any]

    # One task does all the work: a transaction belongs to the task that began it.

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(self._ask(coroutine))

    async def _ask(self, coroutine: Any) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self.work.put((coroutine, answer))
        return await answer

    async def _serve(self, ready: "asyncio.Future[None]") -> None:
        async with self.context as engine:
            for model in (NodeTag, Node, Tag):
                await engine.execute(f'DROP TABLE IF EXISTS "{model._meta.tablename}"')
                for statement in model.create_table().ddl:
                    await engine.execute(statement)
            await Tag.insert_many([{"name": str(number)} for number in range(TAGS)])
            ready.set_result(None)
            while (job := await self.work.get()) is not None:
                coroutine, answer = job
                try:
                    answer.set_result(await coroutine)
                except BaseException as error:
                    answer.set_exception(error)
            while self.open:
                await self.open.pop()[0].__aexit__(None, None, None)

    @initialize()
    def connect(self) -> None:
        self.work = asyncio.Queue()
        ready: asyncio.Future[None] = self.loop.create_future()
        self.task = self.loop.create_task(self._serve(ready))
        self.loop.run_until_complete(asyncio.wait([ready, self.task], return_when=asyncio.FIRST_COMPLETED))

    def teardown(self) -> None:
        if hasattr(self, "task"):
            self.loop.run_until_complete(self.work.put(None))
            self.loop.run_until_complete(self.task)
        self.loop.close()

    def alive(self, key: int) -> bool:
        return key in self.state and not self.state[key]["trashed"]

    @rule(target=nodes, name=st.text("ab é\N{SNOWMAN}", max_size=5), weight=st.integers(-5, 5))
    def create(self, name: str, weight: int) -> int:
        node = self.run(Node.create(name=name, weight=weight))
        self.state[node.id] = {"name": name, "weight": weight, "trashed": False, "tags": set()}
        return int(node.id)

    @rule(key=nodes, weight=st.integers(-5, 5))
    def update(self, key: int, weight: int) -> None:
        async def change() -> bool:
            node = await Node.find(key)
            return node is not None and await node.update(weight=weight)

        assert self.run(change()) == self.alive(key)
        if self.alive(key):
            self.state[key]["weight"] = weight

    @rule(weight=st.integers(-5, 5), by=st.integers(-5, 5))
    def update_many(self, weight: int, by: int) -> None:
        expected = [n for n in self.state.values() if n["weight"] > weight and not n["trashed"]]

        async def change() -> int:
            return await Node.where(Node.weight > weight).update(weight=by)

        assert self.run(change()) == len(expected)
        for node in expected:
            node["weight"] = by

    @rule(key=nodes)
    def delete(self, key: int) -> None:
        assert self.run(Node.destroy(key)) == int(self.alive(key))
        if self.alive(key):
            self.state[key]["trashed"] = True

    @rule(key=nodes)
    def restore(self, key: int) -> None:
        expected = key in self.state and self.state[key]["trashed"]

        async def change() -> int:
            return await Node.only_trashed().where(id=key).restore()

        assert self.run(change()) == int(expected)
        if expected:
            self.state[key]["trashed"] = False

    @rule(key=nodes)
    def force_delete(self, key: int) -> None:
        async def drop() -> None:
            if (node := await Node.with_trashed().where(id=key).first()) is not None:
                await node.tags.detach()
                await node.force_delete()

        self.run(drop())
        self.state.pop(key, None)

    @rule(key=nodes, tags=st.sets(st.integers(1, TAGS)), how=st.sampled_from(["attach", "detach", "sync", "toggle"]))
    def link(self, key: int, tags: set[int], how: str) -> None:
        if not self.alive(key):
            return

        async def change() -> None:
            node = await Node.find_or_fail(key)
            if how == "sync":
                await node.tags.sync(tags)
            elif tags:
                await getattr(node.tags, how)(*tags)

        self.run(change())
        held = self.state[key]["tags"]
        self.state[key]["tags"] = {
            "attach": held | tags,
            "detach": held - tags,
            "sync": set(tags),
            "toggle": held ^ tags,
        }[how]

    @precondition(lambda self: len(self.open) < 3)
    @rule()
    def begin(self) -> None:
        block = transaction()
        self.run(block.__aenter__())
        self.open.append((block, deepcopy(self.state)))

    @precondition(lambda self: self.open)
    @rule()
    def commit(self) -> None:
        self.run(self.open.pop()[0].__aexit__(None, None, None))

    @precondition(lambda self: self.open)
    @rule()
    def roll_back(self) -> None:
        block, before = self.open.pop()
        error = RuntimeError("rolled back")
        self.run(block.__aexit__(RuntimeError, error, None))
        self.state = before

    @invariant()
    def the_database_holds_the_state(self) -> None:
        if not hasattr(self, "task"):
            return

        async def read() -> dict[int, dict[str, Any]]:
            return {
                node.id: {
                    "name": node.name,
                    "weight": node.weight,
                    "trashed": node.is_trashed,
                    "tags": {tag.id for tag in node.tags.loaded},
                }
                for node in await Node.with_trashed().with_("tags")
            }

        assert self.run(read()) == self.state


def test_every_sequence_of_changes_leaves_what_it_says(database_url: str) -> None:
    machine = type("Machine", (Changes,), {"url": database_url})

    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
