"""``glueful db make``."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from glueful_orm import Model
from glueful_orm.migrate.errors import AppMissing, NothingChanged, NotWritable
from glueful_orm.migrate.make import Rename, automatic
from glueful_orm.migrate.sources import MigrationSource
from glueful_orm.migrate.state import State, TableState
from piccolo.columns import JSON, UUID, Array, Boolean, Date, ForeignKey, Integer, Numeric, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique

Declared = Callable[..., Any]


def files(shop: Any) -> list[Path]:
    return sorted(path for path in shop.folder.glob("shop_*.py") if "initial" not in path.name)


def forget_initial(shop: Any) -> None:
    (shop.folder / "shop_20260101_000000_initial.py").unlink()


def first_models() -> list[type[Model]]:
    class ShopKind(Model):
        name = Varchar(length=20, unique=True)

    class ShopThing(Model):
        id = UUID(primary_key=True, default=UUID4())
        kind_id = ForeignKey(ShopKind, null=False, default=None, on_delete=OnDelete.restrict, index=True)
        parent_id = ForeignKey("self")
        name = Varchar(length=40, default="it's")
        price = Numeric(digits=(10, 2))
        is_sold = Boolean()
        born = Date(null=True, default=None)
        tags = Array(base_column=Varchar(), default=list)
        notes = JSON(null=True, default=None)
        created_at = Timestamptz()
        one_of_a_kind = Unique(["kind_id", "name"])
        cheap = Check("price < 1000")

    return [ShopThing, ShopKind]


def second_models() -> list[type[Model]]:
    class ShopKind(Model):
        name = Varchar(length=30, unique=True, index=True)

    class ShopThing(Model):
        id = UUID(primary_key=True, default=UUID4())
        kind_id = ForeignKey(ShopKind, on_delete=OnDelete.cascade)
        parent_id = ForeignKey("self")
        title = Varchar(length=40, default="it's")
        price = Numeric(digits=(12, 2))
        quantity = Integer(default=1)
        is_sold = Boolean()
        notes = JSON(null=True, default=None)
        created_at = Timestamptz()
        one_of_a_kind = Unique(["kind_id", "title", "price"])

    class ShopTag(Model):
        name = Text()
        thing_id = ForeignKey(ShopThing)

    return [ShopTag, ShopThing, ShopKind]


def test_models_become_migrations_and_their_changes_too(shop: Any, declared: Declared) -> None:
    forget_initial(shop)
    shop.plugin.models = declared(first_models)

    made = shop("make", "First tables", "--app", "shop", "--auto")
    assert (made.exception, made.output[:6]) == (None, "wrote ")
    (first,) = files(shop)
    assert first.name.endswith("_first_tables.py")
    assert shop("migrate").output == f"applied shop:{first.stem}\n"
    assert shop("check").output == "2 models are as their tables\n"
    assert isinstance(shop("make", "again", "--app", "shop", "--auto").exception, NothingChanged)

    shop.plugin.models = declared(second_models)
    changed = shop("make", "more", "--app", "shop", "--auto", "--rename", "ShopThing.name=title")
    assert changed.exception is None
    second = max(files(shop))
    assert shop("migrate").output == f"applied shop:{second.stem}\n"
    assert shop("check").output == "3 models are as their tables\n"
    assert isinstance(shop("make", "again", "--app", "shop", "--auto").exception, NothingChanged)
    assert "drop_column(" in second.read_text()
    assert 'old_column_name="name"' in second.read_text()

    shop("rollback")
    second.unlink()
    shop.plugin.models = declared(first_models)
    assert shop("check").output == "2 models are as their tables\n"


def test_a_written_migration_says_no_more_than_it_must(shop: Any, declared: Declared) -> None:
    def models() -> list[type[Model]]:
        class ShopKind(Model):
            name = Varchar(length=20)

        return [ShopKind]

    forget_initial(shop)
    shop.plugin.models = declared(models)
    shop("make", "kinds", "--app", "shop", "--auto")

    (path,) = files(shop)
    text = path.read_text()
    assert text == (
        f'''"""Kinds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Serial, Varchar

ID = "{path.stem}"
VERSION = "1.38.0"
DESCRIPTION = "Kinds"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="shop", description=DESCRIPTION)
    manager.add_table(class_name="ShopKind", tablename="shop_kinds")
    manager.add_column(
        table_class_name="ShopKind",
        tablename="shop_kinds",
        column_name="id",
        column_class=Serial,
        params={{"null": False, "primary_key": True, "db_column_name": "id"}},
    )
    manager.add_column(
        table_class_name="ShopKind",
        tablename="shop_kinds",
        column_name="name",
        column_class=Varchar,
        params={{"length": 20, "default": "", "null": False}},
    )
    return manager
'''
    )


def test_what_may_be_a_rename_is_pointed_out(shop: Any, declared: Declared) -> None:
    def models() -> list[type[Model]]:
        class ShopItem(Model):
            title = Varchar(length=50)

        return [ShopItem]

    shop.plugin.models = declared(models)

    made = shop("make", "titles", "--app", "shop", "--auto")

    assert "name dropped and title added; if that is a rename" in made.output
    assert "--rename ShopItem.name=title" in made.output


def test_a_model_can_be_renamed_with_its_rows(shop: Any, declared: Declared) -> None:
    def models() -> list[type[Model]]:
        class ShopProduct(Model):
            name = Varchar(length=50)

        return [ShopProduct]

    shop("migrate")
    shop("seed", "items")
    shop.plugin.models = declared(models)

    shop("make", "products", "--app", "shop", "--auto", "--rename", "ShopItem=ShopProduct")
    shop("migrate")

    (line,) = [line for line in shop("show").output.splitlines() if line.startswith("shop_products")]
    assert line.split()[1] == "1"
    assert shop("check").exit_code == 0


@pytest.mark.parametrize(
    "rename", ["ShopItem", "ShopItem.name", "a b=c", "ShopItem.nothing=x", "Nobody=ShopItem", "x="]
)
def test_a_rename_that_is_not_understood_is_refused(shop: Any, declared: Declared, rename: str) -> None:
    def models() -> list[type[Model]]:
        class ShopItem(Model):
            title = Varchar(length=50)

        return [ShopItem]

    shop.plugin.models = declared(models)

    assert isinstance(shop("make", "x", "--app", "shop", "--auto", "--rename", rename).exception, NotWritable)
    assert files(shop) == []


def test_an_empty_migration_is_valid_and_can_be_filled(shop: Any) -> None:
    made = shop("make", "Fill the names; DROP TABLE x'\"", "--app", "shop", environment="production")
    (path,) = files(shop)

    ast.parse(path.read_text())
    assert made.exception is None
    assert path.name.endswith("_fill_the_names_drop_table_x.py")
    assert shop("migrate").output.endswith(f"applied shop:{path.stem}\n")
    assert shop("rollback").output == f"reverted shop:{path.stem}\n"


def test_an_unknown_app_is_refused(shop: Any) -> None:
    refused = shop("make", "x", "--app", "shpo")

    assert isinstance(refused.exception, AppMissing)
    assert refused.exception.what == "shpo is no app that an active plugin contributes"


def test_a_folder_that_cannot_be_written_is_refused(shop: Any) -> None:
    for path in shop.folder.iterdir():
        path.unlink()
    shop.folder.rmdir()
    shop.folder.write_text("a file")

    assert isinstance(shop("make", "x", "--app", "shop").exception, NotWritable)


def test_a_foreign_key_into_an_app_that_is_not_required_is_refused(declared: Declared, tmp_path: Path) -> None:
    def models() -> list[type[Model]]:
        class MakeUser(Model): ...

        class MakePost(Model):
            user_id = ForeignKey(MakeUser)

        return [MakePost]

    (post,) = declared(models)
    users = MigrationSource("users", tmp_path / "users")
    posts = MigrationSource("posts", tmp_path / "posts", [post])
    state = State({("users", "MakeUser"): TableState("users", "MakeUser", "make_users")})

    with pytest.raises(NotWritable) as caught:
        automatic(posts, [users, posts], state)

    assert caught.value.what == "MakePost.user_id refers to users, which posts does not require"
    assert caught.value.fix == "MigrationSource('posts', …, requires=('users',))"


@pytest.mark.parametrize("name", ["it's", 'a"b', "a\\b", "a{b}", "a\nb"])
def test_a_name_that_would_end_a_string_is_not_written(declared: Declared, tmp_path: Path, name: str) -> None:
    def models() -> list[type[Model]]:
        class MakeOdd(Model, tablename=name):
            value = Varchar()

        return [MakeOdd]

    source = MigrationSource("odd", tmp_path, declared(models))

    with pytest.raises(NotWritable, match="cannot be written automatically"):
        automatic(source, [source], State())


def test_renames_are_read() -> None:
    assert Rename.parse("User.name=full_name") == ("User", "name", "full_name")
    assert Rename.parse("User=Person") == ("", "User", "Person")
