"""Finding and recognising migration files."""

from pathlib import Path

import pytest
from glueful_orm.migrate.errors import AppNameInvalid, MigrationDuplicated, MigrationFileInvalid
from glueful_orm.migrate.files import load
from glueful_orm.migrate.sources import MigrationSource

BODY = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = {name!r}


async def forwards():
    return MigrationManager(migration_id=ID, app_name="blog")
"""


@pytest.fixture
def source(tmp_path: Path) -> MigrationSource:
    return MigrationSource("blog", tmp_path)


def write(source: MigrationSource, name: str, text: str | None = None) -> Path:
    path = Path(source.folder) / f"{name}.py"
    path.write_text(BODY.format(name=name) if text is None else text)
    return path


def test_files_are_loaded_by_name_whatever_the_file_system_says(source: MigrationSource) -> None:
    for name in ("blog_20260103_000000", "blog_20260101_000000_first", "blog_20260102_000000"):
        write(source, name)
    (Path(source.folder) / "__init__.py").touch()

    assert [item.name for item in load(source)] == [
        "blog_20260101_000000_first",
        "blog_20260102_000000",
        "blog_20260103_000000",
    ]


def test_a_folder_that_does_not_exist_has_no_migrations(tmp_path: Path) -> None:
    assert load(MigrationSource("blog", tmp_path / "none")) == []


def test_the_checksum_ignores_comments_and_layout_and_nothing_else(source: MigrationSource) -> None:
    name = "blog_20260101_000000"
    write(source, name)
    first = load(source)[0].checksum
    write(source, name, "# explained\n\n" + BODY.format(name=name).replace('"', "'").replace("\n\n", "\n\n\n"))
    formatted = load(source)[0].checksum
    write(source, name, BODY.format(name=name).replace('app_name="blog"', 'app_name="blog", fake=True'))
    changed = load(source)[0].checksum

    assert formatted == first
    assert changed != first


@pytest.mark.parametrize("name", ["initial", "users_20260101", "blog", "blog_first", "blogs_20260101"])
def test_a_file_that_is_not_named_after_its_app_is_refused(source: MigrationSource, name: str) -> None:
    write(source, name)

    with pytest.raises(MigrationFileInvalid, match=r"migrations of blog are named blog_<timestamp>….py"):
        load(source)


def test_two_files_with_one_id_are_refused(source: MigrationSource) -> None:
    write(source, "blog_20260101_000000")
    write(source, "blog_20260102_000000", BODY.format(name="blog_20260101_000000"))

    with pytest.raises(MigrationDuplicated, match="both have the ID 'blog_20260101_000000'"):
        load(source)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ID = 'x'\n", "has no `async def forwards"),
        ("async def forwards(): ...\n", "has no `ID`"),
        ("def forwards(): ...\nID = 'x'\n", "has no `async def forwards"),
        ("def (:\n", "is not Python"),
        ("import nowhere_to_be_found\n", "raised ModuleNotFoundError when imported"),
        ("\0", "is not Python"),
    ],
)
def test_a_file_that_is_no_migration_is_refused_with_its_path(source: MigrationSource, text: str, problem: str) -> None:
    path = write(source, "blog_20260101_000000", text)

    with pytest.raises(MigrationFileInvalid, match=problem) as caught:
        load(source)

    assert caught.value.path == path


async def test_forwards_must_return_a_manager(source: MigrationSource) -> None:
    write(source, "blog_20260101_000000", "ID = 'x'\n\n\nasync def forwards():\n    return None\n")

    with pytest.raises(MigrationFileInvalid, match=r"`forwards\(\)` returned NoneType"):
        await load(source)[0].manager()


@pytest.mark.parametrize("app", ["Blog", "1blog", "blog-posts", "../blog", "", "b" * 41])
def test_an_app_name_that_no_file_can_begin_with_is_refused(tmp_path: Path, app: str) -> None:
    with pytest.raises(AppNameInvalid):
        load(MigrationSource(app, tmp_path))
