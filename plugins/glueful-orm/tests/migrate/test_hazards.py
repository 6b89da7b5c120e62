"""What is refused in production."""

from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.migrate.errors import MigrationUnsafe
from glueful_orm.migrate.hazards import is_wider
from glueful_orm.migrate.runner import Migrator
from glueful_orm.settings import OrmSettings

MigratorOf = Callable[..., Migrator]
A = '"Author", "authors"'

DESTRUCTIVE = {
    f'manager.drop_column({A}, "code")': "drops the column authors.code",
    'manager.drop_table("Book", "books")': "drops the table books",
    f'manager.alter_column({A}, "code", params=dict(length=5), old_params=dict())': (
        r"changes authors.code from VARCHAR\(10\) to VARCHAR\(5\)"
    ),
    f"""manager.alter_column({A}, "code", params=dict(default=0), old_params=dict(default="1"),
    column_class=Integer, old_column_class=Varchar)""": r"changes authors.code from VARCHAR\(10\) to INTEGER",
    """async def clean():
    await manager.get_table_from_snapshot("Book", "library")
    "DELETE  FROM books"
manager.add_raw(clean)""": "runs SQL with DELETE FROM",
}


@pytest.mark.parametrize("body", DESTRUCTIVE)
async def test_what_destroys_data_is_refused_in_production_and_done_when_it_is_allowed(
    library: Any, apps: Any, migrator: MigratorOf, body: str
) -> None:
    name = apps.write("library", 2, body)

    with pytest.raises(MigrationUnsafe, match=DESTRUCTIVE[body]):
        await migrator(is_production=True).migrate()
    assert await migrator(is_production=True).migrate(allow_unsafe=True) == [f"library:{name}"]


async def test_a_fresh_production_database_goes_through_the_whole_history(
    apps: Any, engine: Any, migrator: MigratorOf
) -> None:
    apps.app("shop")
    apps.write(
        "shop", 1, 'manager.add_table("Item", "items")\nmanager.add_column("Item", "items", "n", column_class=Text)'
    )
    apps.write("shop", 2, 'manager.drop_column("Item", "items", "n")\nmanager.add_raw(lambda: "DELETE FROM items")')
    apps.write("shop", 3, 'manager.drop_table("Item", "items")')

    assert len(await migrator(is_production=True).migrate()) == 3


@pytest.mark.parametrize(
    "body",
    [
        f'manager.add_column({A}, "u", column_class=UUID, params=dict())',
        f'manager.add_column({A}, "n", column_class=Integer, params=dict(default=3, index=True))',
        f'manager.alter_column({A}, "code", params=dict(unique=True), old_params=dict(unique=False))',
        f'manager.alter_column({A}, "code", params=dict(index=True), old_params=dict(index=False))',
        f'manager.add_constraint({A}, "named", Check, dict(condition="name <> \'\'"))',
        f"""class Author(Table, tablename="authors"):
    id = Serial(primary_key=True)
manager.alter_column({A}, "age", params=dict(references=Author, on_delete=OnDelete.cascade, on_update=OnUpdate.cascade,
    target_column=None), old_params=dict(), column_class=ForeignKey, old_column_class=Integer)""",
    ],
)
async def test_what_locks_a_big_table_is_refused_in_production(
    library: Any, apps: Any, migrator: MigratorOf, body: str
) -> None:
    await library.execute("UPDATE authors SET age = (SELECT min(id) FROM authors) + 20")
    name = apps.write("library", 2, body.replace('"old_enough"', ""))

    with pytest.raises(MigrationUnsafe, match="locks the 2 rows or more of authors meanwhile"):
        await migrator(OrmSettings(big_table_rows=2), is_production=True).migrate()
    if "ForeignKey" not in body:
        done = await migrator(OrmSettings(big_table_rows=3), is_production=True).migrate()
        assert done == [f"library:{name}"]


async def test_harmless_changes_are_never_refused(library: Any, apps: Any, migrator: MigratorOf) -> None:
    apps.write("library", 2, f'manager.add_column({A}, "bio", column_class=Text, params=dict(default=None, null=True))')
    apps.write("library", 3, f'manager.rename_column({A}, "bio", "about")')
    apps.write("library", 4, 'manager.add_table("Tag", "tags")')

    assert len(await migrator(OrmSettings(big_table_rows=1), is_production=True).migrate()) == 3


async def test_taking_back_a_column_destroys_its_data(library: Any, apps: Any, migrator: MigratorOf) -> None:
    apps.write("library", 2, f'manager.add_column({A}, "bio", column_class=Text, params=dict(default=None, null=True))')
    await migrator().migrate()

    with pytest.raises(MigrationUnsafe, match=r"library:library_20260002 drops the column authors.bio"):
        await migrator(is_production=True).rollback()


async def test_a_plan_shows_statements_and_hazards_and_changes_nothing(
    library: Any, apps: Any, migrator: MigratorOf
) -> None:
    apps.write("library", 2, f'manager.drop_column({A}, "code")')
    apps.write("library", 3, 'manager.add_table("Tag", "tags")\nmanager.add_raw(print)')

    first, second = await migrator().plan()
    (back,) = await migrator().plan_rollback()

    assert (first.name, first.hazards, first.runs_code) == (
        "library_20260002",
        ("drops the column authors.code",),
        False,
    )
    assert any("authors" in statement for statement in first.statements)
    assert second.statements[0].startswith('CREATE TABLE "tags" ("id" ')
    assert (second.hazards, second.runs_code) == ((), True)
    assert (back.name, back.direction) == ("library_20260001", "backwards")
    assert "tags" not in await migrator().table_names()
    assert len(await migrator().plan()) == 2


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("VARCHAR(10)", "VARCHAR(11)", True),
        ("VARCHAR(10)", "VARCHAR(9)", False),
        ("VARCHAR(10)", "VARCHAR", True),
        ("VARCHAR", "VARCHAR(10)", False),
        ("VARCHAR(10)", "TEXT", True),
        ("TEXT", "VARCHAR(10)", False),
        ("INTEGER", "BIGINT", True),
        ("BIGINT", "INTEGER", False),
        ("NUMERIC(5, 2)", "NUMERIC(6, 2)", True),
        ("NUMERIC(5, 2)", "NUMERIC(6, 3)", True),
        ("NUMERIC(5, 2)", "NUMERIC(5, 3)", False),
        ("NUMERIC(5, 2)", "NUMERIC", True),
        ("INTEGER", "NUMERIC(5, 2)", False),
        ("REAL", "DOUBLE PRECISION", True),
        ("DOUBLE PRECISION", "REAL", False),
    ],
)
def test_a_type_is_wider_if_it_has_every_value_of_the_other(old: str, new: str, wider: bool) -> None:
    assert is_wider(old, new) is wider
