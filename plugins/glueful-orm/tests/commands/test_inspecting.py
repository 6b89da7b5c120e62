"""``glueful db show``, ``model`` and ``check``."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm import Model, connect
from glueful_orm.migrate.errors import SchemaDrifted, TableUnknown
from piccolo.columns import ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique

Declared = Callable[..., Any]


def run(url: str, *statements: str) -> None:
    async def execute() -> None:
        async with connect(url) as engine:
            for statement in statements:
                await engine.execute(statement)

    asyncio.run(execute())


def item(**columns: Any) -> type[Model]:
    class ShopItem(Model):
        name = columns.get("name", Varchar(length=50))
        if "price" in columns:
            price = columns["price"]
        if "one" in columns:
            one = columns["one"]

    return ShopItem


def test_models_that_are_as_their_tables_pass(shop: Any, declared: Declared) -> None:
    shop.plugin.models = [declared(item)]
    shop("migrate")

    checked = shop("check")

    assert (checked.output, checked.exit_code) == ("1 models are as their tables\n", 0)


def test_pending_migrations_are_drift(shop: Any, declared: Declared) -> None:
    shop.plugin.models = [declared(item)]

    checked = shop("check")

    assert checked.output == "shop:shop_20260101_000000_initial is pending\nshop_items does not exist\n"
    assert isinstance(checked.exception, SchemaDrifted)
    assert checked.exit_code == 1


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"price": Integer()}, "lacks the column price"),
        ({"name": Varchar(length=60)}, "stores name as"),
        ({"name": Text()}, "stores name as"),
        ({"name": Varchar(length=50, null=True)}, "refuses NULL in name, the model does not"),
        ({"name": Varchar(length=50, unique=True)}, "does not keep name unique"),
        ({"name": Varchar(length=50, index=True)}, "lacks the index on name"),
        ({"name": Varchar(length=50, db_column_name="title")}, "has the column name, which the model lacks"),
        ({"one": Unique(["id", "name"])}, "does not keep id, name unique"),
        ({"price": ForeignKey("self")}, "lacks the column price"),
    ],
)
def test_each_difference_is_named(shop: Any, declared: Declared, columns: dict[str, Any], what: str) -> None:
    shop("migrate")
    shop.plugin.models = [declared(lambda: item(**columns))]

    checked = shop("check")

    assert f"shop_items {what}" in checked.output
    assert isinstance(checked.exception, SchemaDrifted)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("ALTER TABLE shop_items ADD COLUMN extra INTEGER", "has the column extra, which the model lacks"),
        ("CREATE UNIQUE INDEX u ON shop_items (name)", "keeps name unique, the model does not"),
        ("DROP TABLE shop_items", "does not exist"),
    ],
)
def test_what_was_changed_by_hand_is_drift(shop: Any, declared: Declared, statement: str, what: str) -> None:
    shop.plugin.models = [declared(item)]
    shop("migrate")
    run(shop.url, statement)

    checked = shop("check")

    assert f"shop_items {what}" in checked.output
    assert checked.exit_code == 1


def test_foreign_keys_are_compared_with_what_they_do(shop: Any, declared: Declared) -> None:
    def parents() -> list[type[Model]]:
        class ShopOwner(Model): ...

        class ShopStall(Model):
            owner_id = ForeignKey(ShopOwner)

        return [ShopOwner, ShopStall]

    shop.plugin.models = declared(parents)
    run(
        shop.url,
        "CREATE TABLE shop_owners (id INTEGER PRIMARY KEY)",
        "CREATE TABLE shop_stalls (id INTEGER PRIMARY KEY, "
        "owner_id INTEGER REFERENCES shop_owners (id) ON DELETE RESTRICT)",
    )
    shop("migrate")

    assert "refers with owner_id to shop_owners.id ON DELETE RESTRICT ON UPDATE NO ACTION" in shop("check").output


def test_tables_are_shown_with_rows_and_sizes(shop: Any) -> None:
    assert shop("show").output == "no tables\n"
    shop("migrate")
    shop("seed", "items")

    lines = shop("show").output.splitlines()

    assert lines[0].split() == ["TABLE", "ROWS", "SIZE"]
    assert [line.split()[:2] for line in lines[1:3]] == [["glueful_migrations", "1"], ["shop_items", "1"]]
    assert all(line.split()[3] == "KiB" for line in lines[1:3])
    assert lines[3].startswith("2 tables, 2 rows, ")


FOREIGN = """CREATE TABLE "Foreign Things" (
    "ThingId" INTEGER PRIMARY KEY,
    "class" VARCHAR(30) NOT NULL UNIQUE,
    "Total Price" NUMERIC(10, 2),
    at TIMESTAMP,
    note TEXT,
    parent_id INTEGER REFERENCES "Foreign Things" ("ThingId") ON DELETE SET NULL ON UPDATE CASCADE,
    UNIQUE (note, at)
)"""


def test_the_model_of_an_existing_table_is_written_and_fits_it(shop: Any, declared: Declared) -> None:
    run(shop.url, FOREIGN, 'CREATE INDEX i ON "Foreign Things" (note)')

    source = shop("model", "Foreign Things").output

    namespace: dict[str, Any] = {}
    declared(lambda: exec(compile(source, "models.py", "exec"), namespace))
    model = namespace["ForeignThing"]
    shop.plugin.models = [model]
    shop("migrate")
    assert shop("check").output == "1 models are as their tables\n"
    assert {c._meta.db_column_name: c._meta.name for c in model._meta.columns} == {
        "ThingId": "thing_id",
        "class": "class_",
        "Total Price": "total_price",
        "at": "at",
        "note": "note",
        "parent_id": "parent_id",
    }
    assert 'parent = belongs_to("ForeignThing", key="parent_id")' in source


def test_the_model_of_a_table_that_is_not_there_is_refused(shop: Any) -> None:
    shop("migrate")

    refused = shop("model", "shop_itmes")

    assert isinstance(refused.exception, TableUnknown)
    assert "shop_items" in refused.exception.fix


def test_a_model_of_our_own_is_written_as_it_was(shop: Any, declared: Declared) -> None:
    class ShopNote(Model):
        name = Varchar(length=50, unique=True)
        at = Timestamptz(null=True, default=None)

    async def create() -> None:
        async with connect(shop.url) as engine:
            for statement in ShopNote.create_table().ddl:
                await engine.execute(statement)

    asyncio.run(create())

    source = shop("model", "shop_notes").output

    assert source == (
        "from glueful_orm import Model\n"
        "from piccolo.columns.column_types import Serial, Timestamptz, Varchar\n\n\n"
        'class ShopNote(Model, tablename="shop_notes"):\n'
        "    id = Serial(primary_key=True)\n"
        "    name = Varchar(length=50, unique=True)\n"
        "    at = Timestamptz(null=True, default=None)\n"
    )
