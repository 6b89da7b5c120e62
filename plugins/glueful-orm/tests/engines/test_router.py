"""Which engine a model uses."""

import asyncio
from collections.abc import Iterator

import pytest
from glueful_hookspecs import current_scope
from glueful_orm import connect
from glueful_orm.engines import ROUTER, Router, SQLiteEngine
from glueful_orm.errors import DatabaseNotBound
from glueful_orm.transactions import in_transaction
from piccolo.columns import Varchar
from piccolo.table import Table


class Note(Table, db=ROUTER, tablename="note"):
    text = Varchar()


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
def serving() -> Iterator[object]:
    """An application that serves in this context."""
    application = object()
    token = current_scope.set({"type": "lifespan", "litestar_app": application})
    yield application
    current_scope.reset(token)


def test_without_a_database_the_error_says_how_to_get_one(router: Router) -> None:
    with pytest.raises(DatabaseNotBound) as caught:
        _ = router.engine

    assert str(caught.value) == (
        "no database is bound\n"
        "  fix: serve through an application that has glueful-orm, or wrap the code: async with connect(url): ..."
    )


def test_without_a_database_nothing_is_in_a_transaction() -> None:
    assert not in_transaction()


def test_the_only_engine_serves_everybody(router: Router, serving: object) -> None:
    engine = SQLiteEngine(":memory:")
    router.bind(engine, object())

    assert router.engine is engine


def test_of_several_engines_the_one_of_the_application_that_serves_is_used(router: Router, serving: object) -> None:
    ours, theirs = SQLiteEngine(":memory:"), SQLiteEngine(":memory:")
    router.bind(ours, serving)
    router.bind(theirs, object())

    assert router.engine is ours
    assert router.bound == (ours, theirs)


def test_of_several_engines_none_is_guessed_outside_an_application(router: Router) -> None:
    router.bind(SQLiteEngine(":memory:"), object())
    router.bind(SQLiteEngine(":memory:"), object())

    with pytest.raises(DatabaseNotBound, match="2 databases are bound to applications, and this code runs inside none"):
        _ = router.engine


def test_an_engine_that_is_unbound_is_forgotten_and_the_other_one_serves(router: Router) -> None:
    one, two = SQLiteEngine(":memory:"), SQLiteEngine(":memory:")
    router.bind(one, object())
    router.bind(two, object())

    router.unbind(one)
    router.unbind(one)

    assert router.engine is two


def test_inside_a_block_its_engine_is_used_and_afterwards_the_outer_one(router: Router, serving: object) -> None:
    bound, outer, inner = (SQLiteEngine(":memory:") for _ in range(3))
    router.bind(bound, serving)

    with router.using(outer):
        with router.using(inner):
            assert router.engine is inner
        assert router.engine is outer
    assert router.engine is bound


def test_a_stand_in_is_used_wherever_the_engine_was_bound(router: Router, serving: object) -> None:
    real, other, stand_in = (SQLiteEngine(":memory:") for _ in range(3))
    router.bind(real, serving)
    router.bind(other, object())

    with router.replaced(real, stand_in):
        assert router.bound == (stand_in, other)
        assert router.engine is stand_in

    assert router.bound == (real, other)


async def test_connect_lets_models_of_a_script_use_a_database_and_tasks_as_well(database_url: str) -> None:
    async with connect(database_url) as engine:
        await Note.create_table()
        await asyncio.create_task(insert("first"))
        assert ROUTER.engine is engine
        assert await Note.select(Note.text) == [{"text": "first"}]

    with pytest.raises(DatabaseNotBound):
        await Note.count()
    assert not engine.is_open


async def insert(text: str) -> None:
    await Note.insert(Note(text=text))


async def test_blocks_of_two_databases_do_not_disturb_each_other() -> None:
    async def script(text: str) -> list[dict[str, str]]:
        async with connect("sqlite://:memory:"):
            await Note.create_table()
            await asyncio.sleep(0)
            await insert(text)
            await asyncio.sleep(0)
            return await Note.select(Note.text)

    assert await asyncio.gather(script("a"), script("b")) == [[{"text": "a"}], [{"text": "b"}]]  # type: ignore[comparison-overlap]


async def test_the_router_answers_what_piccolo_asks_of_an_engine(database_url: str) -> None:
    async with connect(database_url) as engine:
        assert ROUTER.engine_type == ROUTER.dialect == engine.dialect
        assert ROUTER.min_version_number == 0
        assert await ROUTER.get_version() == ROUTER.get_version_sync() == engine.get_version_sync() > 0
        await ROUTER.run_ddl("CREATE TABLE t (a integer)")
        assert ROUTER.transform_response_to_dicts([{"a": 1}]) == [{"a": 1}]
        async with ROUTER.transaction():
            assert ROUTER.transaction_exists()
        assert not ROUTER.transaction_exists()
        atomic = ROUTER.atomic()
        atomic.add(Note.create_table())
        await atomic
        await ROUTER.prep_database()
