"""Migrations that come with installed distributions: two wheels, of which one requires the other."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """
from pathlib import Path

from glueful_hookspecs import hookimpl


@hookimpl
def glueful_migrations():
    from glueful_orm import MigrationSource

    return MigrationSource({app!r}, Path(__file__).parent / "migrations", requires={requires!r})
"""

MIGRATION = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey, Serial, Varchar
from piccolo.table import Table

ID = {name!r}


class User(Table, tablename="acme_users"):
    id = Serial(primary_key=True)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name={app!r})
    {body}
    return manager
"""

USERS = """manager.add_table("User", "acme_users")
    manager.add_column("User", "acme_users", "name", column_class=Varchar, params={})"""
POSTS = """manager.add_table("Post", "acme_posts")
    manager.add_column("Post", "acme_posts", "author_id", column_class=ForeignKey, params={"references": User})"""


class Site:
    """An environment with wheels in it, beside that of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.dist = folder / "dist"
        self.work = folder / "work"
        for path in (self.folder, self.dist, self.work):
            path.mkdir()

    def wheel(
        self, name: str, app: str, migrations: dict[str, str], *requires: str, apps: tuple[str, ...] = ()
    ) -> Path:
        """Build a wheel (binary distribution format 1.0)."""
        package = name.replace("-", "_")
        info = f"{package}-1.0.dist-info"
        metadata = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            "Version: 1.0",
            *(f"Requires-Dist: {r}" for r in requires),
        ]
        files = {
            f"{package}/__init__.py": "",
            f"{package}/plugin.py": PLUGIN.format(app=app, requires=apps),
            f"{package}/migrations/__init__.py": "",
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[glueful.plugins]\n{app} = {package}.plugin\n",
        }
        for stem, body in migrations.items():
            files[f"{package}/migrations/{stem}.py"] = MIGRATION.format(name=stem, app=app, body=body)
        record = []
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(text.encode())}")
        files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
        wheel = self.dist / f"{package}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        return wheel

    def install(self, wheel: Path) -> None:
        """Unpack a wheel, as an installer does with a pure one."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.folder)

    def glueful(self, url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the installed command in an empty folder."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GLUEFUL_")}
        environment |= {"PYTHONPATH": str(self.folder), "GLUEFUL_ORM__URL": url, "NO_COLOR": "1"}
        # Packages that are installed beside this one may bring migrations of their own.
        others = [f"--without={found.name}" for found in entry_points(group="glueful.plugins") if found.name != "orm"]
        command = [sys.executable, "-m", "glueful_kernel.cli", *others, *arguments]
        return subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_two_wheels_are_migrated_in_the_order_of_their_apps(site: Site, database_url: str) -> None:
    site.install(
        site.wheel("acme-blog", "blog", {"blog_20260101": POSTS}, "glueful-orm", "acme-users", apps=("users",))
    )
    site.install(site.wheel("acme-users", "users", {"users_20260201": USERS}, "glueful-orm"))

    migrated = site.glueful(database_url, "db", "migrate")
    status = site.glueful(database_url, "db", "status")

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert migrated.stdout == "applied users:users_20260201\napplied blog:blog_20260101\n"
    assert [line.split()[:3] for line in status.stdout.splitlines()[1:]] == [
        ["users", "users_20260201", "applied"],
        ["blog", "blog_20260101", "applied"],
    ]
    assert list(site.work.iterdir()) == []


def test_an_app_that_is_not_there_is_named_on_one_line_and_nothing_is_applied(site: Site, database_url: str) -> None:
    site.install(site.wheel("acme-blog", "blog", {"blog_20260101": POSTS}, "glueful-orm", apps=("users",)))

    refused = site.glueful(database_url, "db", "migrate")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "Error: the migrations of blog require users, which is no app that an active plugin contributes\n"
        "Fix: install or enable its plugin; known: blog\n"
    )


def test_apps_that_require_each_other_are_named_with_the_path(site: Site, database_url: str) -> None:
    site.install(site.wheel("acme-blog", "blog", {"blog_20260101": POSTS}, "glueful-orm", apps=("users",)))
    site.install(site.wheel("acme-users", "users", {"users_20260201": USERS}, "glueful-orm", apps=("blog",)))

    refused = site.glueful(database_url, "db", "migrate")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "migrations require each other in a circle: " in refused.stderr
    assert "blog -> users -> blog" in refused.stderr or "users -> blog -> users" in refused.stderr


def test_a_database_that_does_not_answer_is_one_line(site: Site) -> None:
    (site.work / "glueful.toml").write_text("[orm]\nconnect_timeout_seconds = 0.1\n")

    refused = site.glueful("postgresql://nobody:hush@127.0.0.1:1/nothing", "db", "status")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr
    assert "hush" not in refused.stderr


def test_a_command_that_does_not_touch_models_is_quick_to_import() -> None:
    code = """
import sys
from click.testing import CliRunner
from glueful_orm.plugin import OrmPlugin
(group,) = OrmPlugin().glueful_commands()
CliRunner().invoke(group, ["--help"])
CliRunner().invoke(group, ["migrate", "--help"])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"black", "jinja2"}))
"""

    found: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
