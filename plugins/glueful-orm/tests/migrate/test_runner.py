"""Applying and reverting migrations of several apps."""

from collections.abc import Callable
from typing import Any

import pytest
from glueful_orm.migrate.errors import (
    MigrationChanged,
    MigrationFailed,
    MigrationInvalid,
    MigrationIrreversible,
    MigrationNotApplied,
    MigrationUnsupported,
)
from glueful_orm.migrate.runner import Migrator
from glueful_orm.migrate.timeline import MigrationState
from glueful_orm.schema.reading import read_table

USERS = """
manager.add_table("User", "accounts")
manager.add_column("User", "accounts", "name", column_class=Varchar, params=dict())
"""

POSTS = """
class User(Table, tablename="accounts"):
    id = Serial(primary_key=True)
manager.add_table("Post", "posts")
manager.add_column("Post", "posts", "author_id", column_class=ForeignKey, params=dict(references=User, null=False))
"""

MigratorOf = Callable[..., Migrator]


@pytest.fixture
def blog(apps: Any) -> Any:
    """The app ``blog`` with a foreign key into the app ``users``, contributed in the wrong order."""
    apps.app("blog", "users")
    apps.app("users")
    apps.write("blog", 1, POSTS)
    apps.write("users", 1, USERS)
    return apps


async def rows(engine: Any, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await engine.fetch(sql)]


async def test_apps_are_migrated_after_those_they_require(blog: Any, migrator: MigratorOf, engine: Any) -> None:
    assert await migrator().migrate() == ["users:users_20260001", "blog:blog_20260001"]
    assert await migrator().migrate() == []

    table = await read_table("posts", migrator().dialect, migrator().fetch)
    assert table is not None
    assert [key.table for key in table.foreign_keys] == ["accounts"]


async def test_what_was_applied_last_is_reverted_first(blog: Any, migrator: MigratorOf) -> None:
    await migrator().migrate()
    blog.write("users", 2, 'manager.add_table("Role", "roles")')
    await migrator().migrate()

    assert await migrator().rollback(2) == ["users:users_20260002", "blog:blog_20260001"]
    assert await migrator().migrate() == ["users:users_20260002", "blog:blog_20260001"]
    assert await migrator().rollback(to="users:users_20260002") == ["blog:blog_20260001"]
    assert await migrator().rollback(to="zero") == ["users:users_20260002", "users:users_20260001"]
    assert await migrator().table_names() == ["glueful_migrations"]


async def test_a_rollback_to_what_is_not_applied_is_refused(blog: Any, migrator: MigratorOf) -> None:
    await migrator().migrate()

    with pytest.raises(MigrationNotApplied, match="users:users_20260009 is not applied"):
        await migrator().rollback(to="users:users_20260009")


async def test_the_status_says_where_each_migration_stands(blog: Any, migrator: MigratorOf) -> None:
    await migrator().migrate()
    blog.write("users", 2, 'manager.add_table("Role", "roles")')
    blog.write("blog", 1, POSTS.replace("null=False", "null=True"))
    (blog.folder / "users" / "users_20260001.py").unlink()

    status = await migrator().status()

    assert [(line.name, line.state) for line in status] == [
        ("users_20260001", MigrationState.MISSING),
        ("users_20260002", MigrationState.PENDING),
        ("blog_20260001", MigrationState.CHANGED),
    ]
    assert status[0].applied_at.endswith("+00:00")
    assert status[1].applied_at == ""


async def test_a_changed_migration_stops_everything_until_it_is_accepted(blog: Any, migrator: MigratorOf) -> None:
    await migrator().migrate()
    blog.write("blog", 1, POSTS + "# a comment\n")
    assert await migrator().migrate() == []
    blog.write("blog", 1, POSTS.replace("null=False", "null=True"))
    blog.write("users", 2, 'manager.add_table("Role", "roles")')

    with pytest.raises(MigrationChanged) as caught:
        await migrator().migrate()

    assert (caught.value.app, caught.value.names) == ("blog", ("blog_20260001",))
    assert await migrator().migrate(accept_changed=True) == ["users:users_20260002"]
    assert await migrator().migrate() == []


async def test_a_failing_migration_leaves_nothing_and_stops_the_rest(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    blog.write(
        "users",
        2,
        """manager.add_table("Role", "roles")
manager.add_constraint("User", "accounts", "bad", Check, dict(condition="nowhere > 1"))""",
    )

    with pytest.raises(MigrationFailed) as caught:
        await migrator().migrate()

    assert (caught.value.app, caught.value.migration) == ("users", "users_20260002")
    assert set(await migrator().table_names()) == {"accounts", "glueful_migrations"}
    assert await rows(engine, "SELECT app, name FROM glueful_migrations") == [("users", "users_20260001")]


async def test_code_of_a_migration_runs_in_its_transaction_with_tables_of_its_own(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    await migrator().migrate()
    body = """
class User(Table, tablename="accounts"):
    name = Varchar()
async def fill():
    await User.insert(User(name="Ada"), User(name="Bob"))
    snapshot = await manager.get_table_from_snapshot(table_class_name="User", app_name="users")
    await snapshot.update({"name": "Eve"}).where(snapshot.name == "Bob")
    FAIL
async def empty():
    await User.delete(force=True)
manager.add_raw(fill)
manager.add_raw_backwards(empty)
"""
    blog.write("users", 2, body.replace("FAIL", "raise ValueError('no')"))
    with pytest.raises(MigrationFailed, match="ValueError: no"):
        await migrator().migrate()
    assert await rows(engine, "SELECT name FROM accounts") == []

    blog.write("users", 2, body.replace("FAIL", ""))
    await migrator().migrate()
    assert await rows(engine, "SELECT name FROM accounts ORDER BY name") == [("Ada",), ("Eve",)]

    await migrator().rollback()
    assert await rows(engine, "SELECT name FROM accounts") == []


async def test_code_without_a_way_back_is_not_reverted(blog: Any, migrator: MigratorOf) -> None:
    blog.write("users", 2, "manager.add_raw(lambda: None)")
    await migrator().migrate()

    with pytest.raises(MigrationIrreversible):
        await migrator().rollback(3)

    assert {line.state for line in await migrator().status()} == {MigrationState.APPLIED}


async def test_a_table_renamed_by_its_owner_is_found_by_apps_that_knew_the_old_name(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    blog.write("users", 2, 'manager.rename_table("User", "accounts", "Person", "people")')
    blog.write(
        "blog",
        2,
        """manager.alter_column("Post", "posts", "author_id", params=dict(null=True), old_params=dict(null=False))""",
    )

    await migrator().migrate()

    table = await read_table("posts", migrator().dialect, migrator().fetch)
    assert table is not None
    assert [key.table for key in table.foreign_keys] == ["people"]


async def test_migrations_that_are_older_than_applied_ones_are_applied_too(blog: Any, migrator: MigratorOf) -> None:
    blog.write("users", 3, 'manager.add_column("User", "accounts", "late", column_class=Text, params=dict())')
    await migrator().migrate()
    blog.write("users", 2, 'manager.alter_column("User", "accounts", "name", params=dict(null=True), old_params={})')

    assert await migrator().migrate() == ["users:users_20260002"]
    assert await migrator().rollback() == ["users:users_20260002"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('manager.drop_column("Post", "posts", "title")', "which no earlier migration of users creates"),
        ('manager.drop_column("User", "accounts", "title")', "User.title, which no earlier migration of users adds"),
        ('manager.add_table("User", "accounts")', "creates the table accounts, which users .User. already has"),
        ('manager.add_table("Other", "accounts")', "creates the table accounts, which users .User. already has"),
        (
            'manager.add_column("User", "accounts", "name", column_class=Text)',
            "adds the column User.name a second time",
        ),
        ('manager.drop_constraint("User", "accounts", "x")', "drops the constraint User.x, which is not there"),
        (
            'manager.add_column("User", "accounts", "key", column_class=UUID, params=dict(primary_key=True))',
            "gives the table accounts 2 primary keys: id, key",
        ),
        (
            'manager.add_column("User", "accounts", "other", "name", column_class=Text)',
            "gives the table accounts two columns called name",
        ),
        ('manager.drop_table("Nobody", "nobodies")', "which no earlier migration of users creates"),
    ],
)
async def test_a_migration_that_its_history_does_not_allow_is_refused_before_anything_is_applied(
    blog: Any, migrator: MigratorOf, body: str, problem: str
) -> None:
    blog.write("users", 2, body)

    with pytest.raises(MigrationInvalid, match=problem):
        await migrator().migrate()

    assert await migrator().table_names() in ([], ["glueful_migrations"])


async def test_a_table_that_others_refer_to_is_not_dropped(blog: Any, migrator: MigratorOf, engine: Any) -> None:
    await migrator().migrate()
    blog.write("users", 2, 'manager.drop_table("User", "accounts")')

    with pytest.raises((MigrationInvalid, MigrationFailed)):
        await migrator().migrate()

    assert "accounts" in await migrator().table_names()


async def test_a_text_that_is_no_number_stops_the_change_of_its_column(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    await migrator().migrate()
    await engine.execute("INSERT INTO accounts (name) VALUES ('Ada')")
    blog.write(
        "users",
        2,
        """manager.alter_column("User", "accounts", "name", params=dict(default=0), old_params=dict(default=""),
    column_class=Integer, old_column_class=Varchar)""",
    )

    with pytest.raises((MigrationInvalid, MigrationFailed)):
        await migrator().migrate()

    assert await rows(engine, "SELECT name FROM accounts") == [("Ada",)]


async def test_a_change_that_no_statement_can_make_is_refused(blog: Any, migrator: MigratorOf) -> None:
    if migrator().dialect == "sqlite":
        assert await migrator().migrate()
        return
    await migrator().migrate()
    blog.write(
        "users",
        2,
        """manager.add_table("Ticket", "tickets")
manager.add_column("Ticket", "tickets", "number", column_class=Integer, params=dict())""",
    )
    blog.write(
        "users",
        3,
        """manager.alter_column("Ticket", "tickets", "number", params=dict(), old_params=dict(),
    column_class=Serial, old_column_class=Integer)""",
    )

    with pytest.raises(MigrationUnsupported, match=r"cannot change tickets.number from INTEGER to SERIAL"):
        await migrator().migrate()


async def test_a_fake_migration_is_written_down_and_changes_nothing(blog: Any, migrator: MigratorOf) -> None:
    blog.write("users", 2, 'manager.fake = True\nmanager.add_table("Role", "roles")')

    await migrator().migrate()

    assert "roles" not in await migrator().table_names()
    assert {line.state for line in await migrator().status()} == {MigrationState.APPLIED}


async def test_a_migration_without_a_transaction_is_marked_until_it_is_complete(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    body = """
manager.wrap_in_transaction = False
class User(Table, tablename="accounts"):
    name = Varchar()
async def fill():
    await User.insert(User(name="Ada"))
    FAIL
manager.add_raw(fill)
"""
    blog.write("users", 2, body.replace("FAIL", "raise ValueError('no')"))
    with pytest.raises(MigrationFailed, match="part of it may remain"):
        await migrator().migrate()
    status = {line.name: line.state for line in await migrator().status()}
    assert status["users_20260002"] is MigrationState.INTERRUPTED

    blog.write("users", 2, body.replace("FAIL", ""))
    assert (await migrator().migrate())[0] == "users:users_20260002"
    assert await rows(engine, "SELECT name FROM accounts") == [("Ada",), ("Ada",)]


async def test_a_fresh_database_holds_nothing_but_what_migrations_make(
    blog: Any, migrator: MigratorOf, engine: Any
) -> None:
    await migrator().migrate()
    await engine.execute("INSERT INTO accounts (name) VALUES ('Ada')")
    await engine.execute("CREATE TABLE strangers (id INTEGER)")
    await engine.execute("CREATE VIEW names AS SELECT name FROM accounts")

    dropped, applied = await migrator().fresh()

    assert (dropped, applied) == (4, ["users:users_20260001", "blog:blog_20260001"])
    assert await migrator().table_names() == ["accounts", "glueful_migrations", "posts"]
    assert await rows(engine, "SELECT name FROM accounts") == []


async def test_an_observer_is_told_of_each_migration(blog: Any, migrator: MigratorOf) -> None:
    told: list[tuple[str, str, str]] = []

    async def observe(app: str, name: str, direction: str) -> None:
        told.append((app, name, direction))

    await migrator(observer=observe).migrate()
    await migrator(observer=observe).rollback()

    assert told == [
        ("users", "users_20260001", "forwards"),
        ("blog", "blog_20260001", "forwards"),
        ("blog", "blog_20260001", "backwards"),
    ]


async def test_nothing_of_piccolo_reaches_the_terminal_or_the_environment(
    blog: Any, migrator: MigratorOf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import sys

    monkeypatch.delenv("PICCOLO_CONF", raising=False)
    path, modules = list(sys.path), set(sys.modules)

    await migrator().migrate()
    await migrator().rollback()

    assert capsys.readouterr() == ("", "")
    assert "PICCOLO_CONF" not in os.environ
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if "users_2026" in name or "_conf" in name}
