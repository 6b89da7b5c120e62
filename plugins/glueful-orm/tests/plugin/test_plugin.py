"""What the plugin adds to an application: a connection, encoded models, problems, lookups, observers."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import svcs
from glueful_hookspecs import GluefulError, Plugin, Secret, hookimpl
from glueful_kernel import Kernel, create_app
from glueful_orm import Engine, MigrationSource, Migrator, Model, ModelNotFound, Seeder, errors, transaction
from glueful_orm.errors import EngineClosed
from glueful_orm.lookup import ModelRowLookup
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from litestar import Litestar, get, post
from litestar.params import JSONBody
from piccolo.columns import JSON, Array, Date, ForeignKey, Integer, Varchar


class Painter(Model):
    name = Varchar(length=40, unique=True, help_text="As signed.")
    password = Varchar(null=True, default=None)
    born = Date(null=True, default=None)
    marks = Array(base_column=Integer(), default=list)
    notes = JSON(default="{}")

    hidden = frozenset({"password"})


class Painting(Model):
    painter_id = ForeignKey(Painter, null=False, default=None)


@get("/painters")
async def painters() -> list[Painter]:
    return await Painter.order_by("name").get()


@post("/painters")
async def create(data: JSONBody[dict[str, Any]]) -> Painter:
    return await Painter.create(**data)


@get("/paintings")
async def paintings() -> list[Painting]:
    return await Painting.all()


class Watcher(Plugin):
    """Sees every statement."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, bool]] = []

    @hookimpl
    def glueful_query_executed(self, sql: str, error: BaseException | None) -> None:
        self.seen.append((sql, error is None))


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def app(database_url: str, watcher: Watcher) -> Litestar:
    plugin = OrmPlugin(OrmSettings(url=Secret(database_url), readers=1, pool_size=2))
    return create_app([painters, paintings, create], plugins=[plugin, watcher], settings={}, only=["orm"])


@asynccontextmanager
async def serve(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Start an application in this event loop."""
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client,  # type: ignore[arg-type]
    ):
        yield client


@asynccontextmanager
async def with_tables(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """The same, with the tables of the models."""
    async with serve(app) as client:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for model in (Painter, Painting):
            for statement in model.create_table().ddl:
                await engine.execute(statement)
        yield client


async def test_models_are_answered_without_their_hidden_columns(app: Litestar) -> None:
    async with with_tables(app) as client:
        created = await client.post("/painters", json={"name": "Hilma", "password": "secret", "marks": [1, 2]})
        listed = await client.get("/painters")

        assert created.status_code == 201
        assert listed.json() == [{"id": 1, "name": "Hilma", "born": None, "marks": [1, 2], "notes": {}}]
        assert "secret" not in created.text


def test_openapi_describes_models_without_their_hidden_columns(app: Litestar) -> None:
    schema = app.openapi_schema.to_schema()
    described = schema["components"]["schemas"]["Painter"]

    assert described["properties"] == {
        "id": {"type": "integer"},
        "name": {"type": "string", "maxLength": 40, "description": "As signed."},
        "born": {"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "marks": {"type": "array", "items": {"type": "integer"}},
        "notes": {},
    }
    assert schema["components"]["schemas"]["Painting"]["properties"]["painter_id"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ModelNotFound("Painter", 9), 404, "model.not_found"),
        (errors.UniqueViolation(table="painters", columns=("name",)), 409, "database.unique_violation"),
        (errors.ForeignKeyViolation(), 409, "database.foreign_key_violation"),
        (errors.NotNullViolation(columns=("name",)), 422, "database.not_null_violation"),
        (errors.CheckViolation(), 422, "database.check_violation"),
        (errors.DataError("too long"), 422, "database.invalid_data"),
        (errors.NumericOverflow("too big"), 422, "database.invalid_data"),
        (errors.Deadlock("a deadlock"), 409, "database.conflict"),
        (errors.LockTimeout("locked"), 503, "database.lock_timeout"),
        (errors.ConnectionLost("gone"), 503, "database.connection_lost"),
        (errors.CommitOutcomeUnknown(), 503, "database.commit_outcome_unknown"),
        (errors.DiskFull("full"), 507, "database.disk_full"),
    ],
    ids=lambda value: value.code if isinstance(value, GluefulError) else None,
)
def test_what_the_database_refuses_has_a_status_and_no_value(error: GluefulError, status: int, code: str) -> None:
    mappings = OrmPlugin().glueful_error_mappings()

    mapping = next(mappings[kind] for kind in type(error).__mro__ if kind in mappings)

    assert (mapping["status"], mapping["code"]) == (status, code)
    if isinstance(error, errors.ConstraintViolation) and error.columns:
        assert [(field.pointer, field.location) for field in mapping["errors"](error)] == [("/name", "body")]


async def test_observers_see_each_statement_and_never_a_value(app: Litestar, watcher: Watcher) -> None:
    async with with_tables(app) as client:
        watcher.seen.clear()

        await client.post("/painters", json={"name": "Canary"})
        await client.post("/painters", json={"name": "Canary"})

        assert [succeeded for sql, succeeded in watcher.seen if "INSERT" in sql] == [True, False]
        assert not any("Canary" in sql for sql, _ in watcher.seen)


async def test_an_engine_that_nobody_observes_has_no_observer(database_url: str) -> None:
    plugin = OrmPlugin(OrmSettings(url=Secret(database_url), readers=1, pool_size=1))
    app = create_app([painters], plugins=[plugin], settings={}, only=["orm"])

    async with serve(app), svcs.Container(app.state["services"]) as container:
        assert (await container.aget(Engine)).observe is None


async def test_the_health_report_asks_the_database(app: Litestar) -> None:
    async with serve(app), svcs.Container(app.state["services"]) as container:
        engine = await container.aget(Engine)
        (ping,) = container.get_pings()

        await ping.aping()
        await engine.close()
        with pytest.raises(EngineClosed):
            await ping.aping()


async def test_the_connection_is_closed_at_shutdown_and_opened_again(app: Litestar) -> None:
    plugin = next(p for p in app.plugins.get(Kernel).composition.objects.values() if isinstance(p, OrmPlugin))
    services: list[Engine] = []
    for _ in range(2):
        async with serve(app), svcs.Container(app.state["services"]) as container:
            services.append(await container.aget(Engine))
            assert services[-1].is_open

    assert services[0] is not services[1]
    assert not any(engine.is_open for engine in services)
    with pytest.raises(EngineClosed):
        plugin.current_engine()


async def test_two_applications_in_one_process_have_databases_of_their_own(tmp_path: Any) -> None:
    @get("/count")
    async def count() -> int:
        return await Painter.query().count()

    def build(name: str) -> Litestar:
        plugin = OrmPlugin(OrmSettings(url=Secret(f"sqlite:///{tmp_path / name}"), readers=1))
        return create_app([count], plugins=[plugin], settings={}, only=["orm"])

    first, second = build("first"), build("second")
    async with serve(first) as one, serve(second) as two:
        for app, rows in ((first, 1), (second, 2)):
            async with svcs.Container(app.state["services"]) as container:
                engine = await container.aget(Engine)
            for statement in Painter.create_table().ddl:
                await engine.execute(statement)
            await engine.executemany(
                "INSERT INTO painters (name, marks) VALUES (?, '[]')", [[str(n)] for n in range(rows)]
            )

        assert ((await one.get("/count")).json(), (await two.get("/count")).json()) == (1, 2)


class NamedColumn:
    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column


async def test_rows_are_looked_up_by_one_statement_for_all_values(engine: Engine) -> None:
    for statement in Painter.create_table().ddl:
        await engine.execute(statement)
    async with transaction():
        hilma = await Painter.create(name="Hilma")
        await Painter.create(name="Frida")
    lookup = ModelRowLookup()
    seen: list[str] = []
    engine.observe = lambda sql, *_: seen.append(sql)

    found = await lookup.existing(Painter.name, ["Hilma", "Frida", "Nobody"])
    named = await lookup.existing(NamedColumn("painters", "name"), ["Frida"])
    others = await lookup.existing(Painter.name, ["Hilma", "Frida"], ignore_pk=hilma.pk)
    none = await lookup.existing(Painter.name, [])

    assert (found, named, others, none) == ({"Hilma", "Frida"}, {"Frida"}, {"Frida"}, set())
    assert len(seen) == 3


@pytest.mark.parametrize(
    "column", [NamedColumn("nobodies", "name"), NamedColumn("painters", "nothing"), "painters.name"]
)
def test_a_column_of_no_model_is_not_accepted(column: object) -> None:
    assert ModelRowLookup().accepts(Painter.name)
    assert not ModelRowLookup().accepts(column)


class Contributor(Plugin):
    @hookimpl
    def glueful_migrations(self) -> list[MigrationSource]:
        from pathlib import Path

        return [MigrationSource("one", Path("one")), MigrationSource("two", Path("two"))]

    @hookimpl
    def glueful_seeders(self) -> Seeder:
        async def run() -> None: ...

        return Seeder("one", run)


async def test_migrations_of_plugins_are_a_service_of_the_application(database_url: str) -> None:
    plugin = OrmPlugin(OrmSettings(url=Secret(database_url), readers=1, pool_size=2))
    app = create_app([], plugins=[plugin, Contributor()], settings={}, only=["orm"])

    async with serve(app), svcs.Container(app.state["services"]) as container:
        migrator = await container.aget(Migrator)
        assert [source.app for source in migrator.sources] == ["one", "two"]
        assert await migrator.migrate() == []


def test_importing_the_plugin_imports_no_driver_and_no_piccolo() -> None:
    code = (
        "import sys, glueful_orm.plugin; "
        "print(sorted({n.partition('.')[0] for n in sys.modules} & {'piccolo', 'asyncpg', 'litestar', 'black', 'asyncio'}))"  # noqa: E501
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert found.strip() == "[]"


def test_serving_imports_neither_black_nor_jinja() -> None:
    code = """
import asyncio, sys
from glueful_hookspecs import Secret
from glueful_kernel import create_app
from glueful_orm.plugin import OrmPlugin, OrmSettings
app = create_app([], plugins=[OrmPlugin(OrmSettings(url=Secret("sqlite://:memory:")))], settings={}, only=["orm"])
async def main():
    async with app.lifespan(): pass
asyncio.run(main())
print(sorted({n.partition('.')[0] for n in sys.modules} & {'black', 'jinja2'}))
"""

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert found.strip() == "[]"
