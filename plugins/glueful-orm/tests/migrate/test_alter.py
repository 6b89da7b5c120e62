"""Every change of a table that has rows, and children that go with their parents: forwards and backwards."""

from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.migrate.runner import Migrator
from glueful_orm.schema.drift import compare_state

A = '"Author", "authors"'

CHANGES = {
    "add a nullable column": f'manager.add_column({A}, "bio", column_class=Text, params=dict(default=None, null=True))',
    "add a constant default": f'manager.add_column({A}, "n", column_class=Integer, params={{"default": 3}})',
    "add an indexed column": f'manager.add_column({A}, "n", column_class=Integer, params=dict(default=3, index=True))',
    "add a column that defaults to now": f'manager.add_column({A}, "at", column_class=Timestamptz, params=dict())',
    "add a unique column": f"""manager.add_column({A}, "slug", column_class=Varchar, params=dict(
    default=None, null=True, unique=True))""",
    "add a column of random identifiers": f'manager.add_column({A}, "u", column_class=UUID, params=dict(unique=True))',
    "add a nullable foreign key": f"""class Author(Table, tablename="authors"):
    id = Serial(primary_key=True)
manager.add_column({A}, "mentor_id", column_class=ForeignKey, params=dict(references=Author, default=None, null=True,
    on_delete=OnDelete.set_null, on_update=OnUpdate.cascade))""",
    "drop a plain column": f'manager.drop_column({A}, "code")',
    "drop a unique column": f'manager.drop_column({A}, "email")',
    "drop an indexed column": f"""manager.drop_constraint({A}, "one_of_a_kind")
manager.drop_column({A}, "name")""",
    "drop a foreign key": 'manager.drop_column("Book", "books", "author_id")',
    "rename a plain column": f'manager.rename_column({A}, "code", "label")',
    "rename a column with index and constraint": f'manager.rename_column({A}, "name", "full_name")',
    "rename a column with a check": f'manager.rename_column({A}, "age", "years")',
    "rename the table": 'manager.rename_table("Author", "authors", "Writer", "writers")',
    "rename the child": 'manager.rename_table("Book", "books", "Volume", "volumes")',
    "set NOT NULL": f"""manager.drop_constraint({A}, "old_enough")
manager.alter_column({A}, "age", params=dict(null=False, default=18), old_params=dict(null=True, default=None),
    column_class=Integer, old_column_class=Integer)""",
    "allow NULL": f'manager.alter_column({A}, "code", params=dict(null=True), old_params=dict(null=False))',
    "change a default": f'manager.alter_column({A}, "code", params=dict(default="x"), old_params=dict(default="1"))',
    "drop a default": f"""manager.alter_column({A}, "code", params=dict(default=None, null=True),
    old_params=dict(default="1", null=False))""",
    "change a length": f'manager.alter_column({A}, "code", params=dict(length=99), old_params=dict(length=10))',
    "change a text into a number": f"""manager.alter_column({A}, "code", params=dict(default=0),
    old_params=dict(default="1"), column_class=Integer, old_column_class=Varchar)""",
    "change a number into a wider one": f"""manager.alter_column({A}, "age", params=dict(), old_params=dict(),
    column_class=BigInt, old_column_class=Integer)""",
    "change a text into a longer kind": f"""manager.alter_column({A}, "code", params=dict(), old_params=dict(),
    column_class=Text, old_column_class=Varchar)""",
    "make a column unique": f'manager.alter_column({A}, "code", params=dict(unique=True), old_params={{}})',
    "make a column not unique": f'manager.alter_column({A}, "email", params=dict(unique=False), old_params={{}})',
    "add an index": f'manager.alter_column({A}, "code", params=dict(index=True), old_params=dict(index=False))',
    "drop an index": f'manager.alter_column({A}, "name", params=dict(index=False), old_params=dict(index=True))',
    "add a unique constraint": f'manager.add_constraint({A}, "pair", Unique, dict(columns=["name", "email"]))',
    "drop a unique constraint": f'manager.drop_constraint({A}, "one_of_a_kind")',
    "add a check": f"""manager.add_constraint({A}, "named", Check, dict(condition="name <> ''"))""",
    "drop a check": f'manager.drop_constraint({A}, "old_enough")',
    "change what a foreign key does": """manager.alter_column("Book", "books", "author_id",
    params=dict(on_delete=OnDelete.restrict), old_params=dict(on_delete=OnDelete.cascade))""",
    "drop the child": 'manager.drop_table("Book", "books")',
    "drop the parent and the reference": f"""manager.drop_column("Book", "books", "author_id")
manager.drop_table({A})""",
    "create tables that refer to each other": """
class Left(Table, tablename="lefts"): pass
class Right(Table, tablename="rights"): pass
manager.add_table("Left", "lefts")
manager.add_table("Right", "rights")
manager.add_column("Left", "lefts", "right_id", column_class=ForeignKey, params=dict(references=Right))
manager.add_column("Right", "rights", "left_id", column_class=ForeignKey, params=dict(references=Left))""",
    "many at once": """manager.rename_table("Author", "authors", "Writer", "writers")
manager.rename_column("Writer", "writers", "name", "full_name")
manager.drop_column("Writer", "writers", "email")
manager.add_column("Writer", "writers", "at", column_class=Timestamptz, params=dict())
manager.alter_column("Writer", "writers", "code", params=dict(length=20, unique=True), old_params=dict())
manager.drop_constraint("Writer", "writers", "one_of_a_kind")
manager.add_constraint("Writer", "writers", "other", Unique, dict(columns=["full_name", "code"]))""",
}


async def drift(migrator: Migrator) -> list[str]:
    state = await migrator.final_state()
    found = await compare_state(state, migrator.dialect, migrator.fetch)
    return [f"{item.table} {item.what}" for item in found]


async def tables_of(engine: Any, migrator: Migrator) -> dict[str, int]:
    names = [name for name in await migrator.table_names() if name != "glueful_migrations"]
    return {name: (await engine.fetch(f'SELECT count(*) FROM "{name}"'))[0][0] for name in names}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_keeps_all_rows_and_can_be_taken_back(
    library: Any, apps: Any, migrator: Callable[..., Migrator], change: str
) -> None:
    before = await tables_of(library, migrator())
    first = await drift(migrator())
    name = apps.write("library", 2, CHANGES[change])

    applied = await migrator().migrate()
    after = await tables_of(library, migrator())
    changed = await drift(migrator())
    reverted = await migrator().rollback()
    (apps.folder / "library" / f"{name}.py").unlink()
    again = await tables_of(library, migrator())

    assert (applied, reverted) == ([f"library:{name}"],) * 2
    assert first == changed == await drift(migrator()) == []
    kept = [number for table, number in after.items() if table not in ("lefts", "rights")]
    assert set(kept) == {2}
    assert len(kept) == 1 if change.startswith("drop the") else 2
    gone = {"drop the child": {"books"}, "drop the parent and the reference": {"authors"}}.get(change, set())
    assert again == {table: 0 if table in gone else number for table, number in before.items()}


@pytest.mark.parametrize(
    "change", ["change a default", "rename the table", "many at once", "change a text into a number"]
)
async def test_children_still_follow_their_parent_after_a_change(
    library: Any, apps: Any, migrator: Callable[..., Migrator], change: str
) -> None:
    apps.write("library", 2, CHANGES[change])
    await migrator().migrate()
    parent = "writers" if "writers" in CHANGES[change] else "authors"

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await library.execute("INSERT INTO books (author_id, title) VALUES (99, 'nobody')")
    await library.execute(f"DELETE FROM {parent} WHERE code = '7'")

    assert [tuple(row) for row in await library.fetch("SELECT title FROM books")] == [("Ada",)]


async def test_rows_that_are_there_get_the_default_of_a_column_that_becomes_not_null(
    library: Any, apps: Any, migrator: Callable[..., Migrator]
) -> None:
    apps.write("library", 2, CHANGES["set NOT NULL"])

    await migrator().migrate()

    assert [row[0] for row in await library.fetch("SELECT age FROM authors ORDER BY name")] == [36, 18]


async def test_rows_that_are_there_get_identifiers_of_their_own(
    library: Any, apps: Any, migrator: Callable[..., Migrator]
) -> None:
    apps.write("library", 2, CHANGES["add a column of random identifiers"])

    await migrator().migrate()

    assert len({str(row[0]) for row in await library.fetch("SELECT u FROM authors")}) == 2
