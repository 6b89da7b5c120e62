"""Several processes that migrate one database, and processes that are killed while they do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from glueful_orm import connect
from glueful_orm.migrate.errors import MigrationLockTimeout
from glueful_orm.migrate.runner import Migrator
from glueful_orm.settings import OrmSettings

USERS = """
manager.add_table("User", "accounts")
manager.add_column("User", "accounts", "name", column_class=Varchar, params=dict(index=True))
"""

FILL = """
class User(Table, tablename="accounts"):
    name = Varchar()
async def fill():
    await User.insert(User(name="Ada"), User(name="Bob"))
manager.add_raw(fill)
"""

REBUILD = """
manager.alter_column("User", "accounts", "name", params=dict(default="nobody", unique=True), old_params={})
manager.add_column("User", "accounts", "at", column_class=Timestamptz, params=dict())
"""

POSTS = """
class User(Table, tablename="accounts"):
    id = Serial(primary_key=True)
manager.add_table("Post", "posts")
manager.add_column("Post", "posts", "author_id", column_class=ForeignKey, params=dict(references=User, index=True))
"""

NAMES = ["users:users_20260001", "users:users_20260002", "users:users_20260003", "blog:blog_20260001"]


@pytest.fixture
def blog(apps: Any) -> Any:
    apps.app("users")
    apps.app("blog", "users")
    for number, body in enumerate((USERS, FILL, REBUILD), 1):
        apps.write("users", number, body)
    apps.write("blog", 1, POSTS)
    return apps


def run(what: str, url: str, apps: Any) -> Any:
    folders = [str(apps.folder / name) for name in ("users", "blog")]
    script = str(Path(__file__).with_name("process.py"))
    done = subprocess.run([sys.executable, script, what, url, *folders], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_row_12_runners_at_once_apply_each_migration_exactly_once(database_url: str, blog: Any) -> None:
    runs, end = run("at once", database_url, blog)

    assert [code for code, _ in runs] == [0] * 12, runs
    assert sorted(label for _, applied in runs for label in applied) == sorted(NAMES)
    assert end["applied"] == NAMES
    assert end["rows"] == {"accounts": 2, "posts": 0, "glueful_migrations": 4}


def test_row_kill_9_before_each_statement_leaves_nothing_half_and_the_next_runner_completes(
    database_url: str, blog: Any
) -> None:
    runs = run("kill", database_url, blog)

    assert len(runs) >= 15
    assert {result["code"] for result in runs} == {-9}
    stages = set()
    for result in runs:
        half = result["half"]
        assert half["applied"] == NAMES[: len(half["applied"])], result
        assert set(half["rows"]) - {"glueful_migrations"} <= {"accounts", "posts"}
        assert ("accounts" in half["rows"]) is (len(half["applied"]) >= 1)
        assert ("posts" in half["rows"]) is (len(half["applied"]) >= 4)
        assert half["rows"].get("accounts", 0) == (2 if len(half["applied"]) >= 2 else 0)
        assert half["drift"] == [], result
        assert result["again"] == [0, NAMES[len(half["applied"]) :]]
        assert (result["end"]["applied"], result["end"]["drift"]) == (NAMES, [])
        assert result["end"]["rows"] == {"accounts": 2, "posts": 0, "glueful_migrations": 4}
        stages.add(len(half["applied"]))
    assert stages >= {0, 1, 2, 3}


async def test_a_process_that_waits_too_long_gives_up(
    engine: Any, database_url: str, blog: Any, migrator: Callable[..., Migrator]
) -> None:
    if migrator().dialect == "sqlite":
        import fcntl

        held = os.open(f"{engine.path}.migrate.lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(MigrationLockTimeout):
            await migrator(OrmSettings(migration_lock_timeout_seconds=0.1)).migrate()
        os.close(held)
    else:
        async with connect(database_url) as other:
            session = await other.acquire(write=True)
            try:
                from glueful_orm.migrate.lock import advisory_lock

                async with advisory_lock(session, 1):
                    with pytest.raises(MigrationLockTimeout):
                        await migrator(OrmSettings(migration_lock_timeout_seconds=0.1)).migrate()
            finally:
                other.release(session)

    assert len(await migrator().migrate()) == 4
