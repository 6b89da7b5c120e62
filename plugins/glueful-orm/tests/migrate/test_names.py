"""Names that nobody in their right mind would give, and that a migration stores all the same, or refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.migrate.errors import NameInvalid
from glueful_orm.migrate.runner import Migrator
from glueful_orm.schema.drift import compare_state

HOSTILE = [
    "order",
    "select",
    "Ünïcödé",
    "with space",
    'with "quotes"',
    "it's",
    "semi;colon",
    "x); DROP TABLE glueful_migrations; --",
    "{braces}",
    "%s",
    "$1",
    "?",
    ":name",
    "back\\slash",
    "MixedCase",
    "1st",
    "a.b",
    "[bracket]",
    "`tick`",
    "/* comment */",
    "name -- comment",
    "x" * 63,
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_stored_as_it_is_through_every_change(
    apps: Any, migrator: Callable[..., Migrator], engine: Any, name: str
) -> None:
    apps.app("odd")
    apps.write(
        "odd",
        1,
        f"""name = {name!r}
manager.add_table("Odd", name)
manager.add_column("Odd", name, "value", name, column_class=Varchar, params=dict(length=9, index=True, unique=True))
manager.add_column("Odd", name, "parent_id", column_class=ForeignKey, params=dict(references="self"))
manager.add_constraint("Odd", name, name[:40] + "_u", Unique, dict(columns=[name, "parent_id"]))""",
    )
    await migrator().migrate()
    quoted = '"' + name.replace('"', '""') + '"'
    await engine.execute(f"INSERT INTO {quoted} ({quoted}) VALUES ('1')")

    apps.write(
        "odd",
        2,
        f"""name = {name!r}
manager.alter_column("Odd", name, "value", name, params=dict(null=True, index=False, default="it's"), old_params=dict())
manager.add_column("Odd", name, "at", column_class=Timestamptz, params=dict())
manager.drop_constraint("Odd", name, name[:40] + "_u")""",
    )
    apps.write("odd", 3, f'manager.rename_table("Odd", {name!r}, "Even", "even")')
    apps.write(
        "odd",
        4,
        f"""manager.rename_column("Even", "even", "value", "other", {name!r}, "other")
manager.alter_column("Even", "even", "other", "other", params=dict(default=0), old_params=dict(default="it's"),
    column_class=Integer, old_column_class=Varchar)""",
    )
    assert len(await migrator().migrate()) == 3
    changed = await compare_state(await migrator().final_state(), migrator().dialect, migrator().fetch)
    assert len(await migrator().rollback(3)) == 3

    assert changed == []
    assert [tuple(row) for row in await engine.fetch(f"SELECT {quoted} FROM {quoted}")] == [("1",)]
    assert sorted(await migrator().table_names()) == sorted(["glueful_migrations", name])


@pytest.mark.parametrize("name", ["", "a\nb", "a\0b", "x" * 64, "\u202egnp"])
async def test_a_name_that_cannot_be_stored_is_refused_before_anything_is_applied(
    apps: Any, migrator: Callable[..., Migrator], name: str
) -> None:
    apps.app("odd")
    apps.write("odd", 1, 'manager.add_table("Fine", "fine")')
    apps.write("odd", 2, f'manager.add_table("Odd", {name!r})')

    with pytest.raises(NameInvalid):
        await migrator().migrate()

    assert await migrator().table_names() in ([], ["glueful_migrations"])


async def test_a_default_with_quotes_and_a_drop_is_only_text(
    apps: Any, migrator: Callable[..., Migrator], engine: Any
) -> None:
    text = "'); DROP TABLE glueful_migrations; --"
    apps.app("odd")
    apps.write(
        "odd",
        1,
        f"""manager.add_table("Odd", "odd")
manager.add_column("Odd", "odd", "value", column_class=Varchar, params=dict(default={text!r}))""",
    )
    await migrator().migrate()

    await engine.execute("INSERT INTO odd (id) VALUES (1)")

    assert [tuple(row) for row in await engine.fetch("SELECT value FROM odd")] == [(text,)]
