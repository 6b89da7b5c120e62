"""An application with migrations, models and seeders, and ``glueful db`` over it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from glueful_hookspecs import Plugin, Secret, hookimpl
from glueful_kernel import Kernel
from glueful_orm import MigrationSource, Seeder
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings

INITIAL = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer, Varchar

ID = "shop_20260101_000000_initial"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop")
    manager.add_table("ShopItem", "shop_items")
    manager.add_column("ShopItem", "shop_items", "name", column_class=Varchar, params={"length": 50})
    return manager
"""


class ShopPlugin(Plugin):
    """The application's own plugin."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.models: list[type[Any]] = []
        self.migrated: list[tuple[str, str]] = []

    @hookimpl
    def glueful_migrations(self) -> MigrationSource:
        return MigrationSource("shop", self.folder, models=self.models)

    @hookimpl
    def glueful_seeders(self) -> list[Seeder]:
        from glueful_orm.engines import ROUTER

        async def items() -> None:
            await ROUTER.engine.execute("INSERT INTO shop_items (name) VALUES ('tea')")

        async def broken() -> None:
            await ROUTER.engine.execute("INSERT INTO shop_items (name) VALUES ('half')")
            raise RuntimeError("the seeder broke")

        return [Seeder("items", items), Seeder("broken", broken)]

    @hookimpl
    def glueful_migrated(self, app: str, name: str, direction: str) -> None:
        self.migrated.append((f"{app}:{name}", direction))


class Shop:
    """The application, and the command line."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.plugin = ShopPlugin(folder)

    def __call__(self, *arguments: str, environment: str = "development") -> Result:
        """``glueful db …``."""
        orm = OrmPlugin(OrmSettings(url=Secret(self.url)))
        kernel = Kernel({"kernel": {"environment": environment}}, [orm, self.plugin], only=["orm"])
        (group,) = orm.glueful_commands()
        return CliRunner().invoke(group, list(arguments), obj=kernel, prog_name="glueful db")

    def write(self, name: str, text: str) -> None:
        """A migration file."""
        (self.folder / f"{name}.py").write_text(text)


@pytest.fixture
def shop(tmp_path: Path, database_url: str) -> Shop:
    folder = tmp_path / "migrations"
    folder.mkdir()
    shop = Shop(folder, database_url)
    shop.write("shop_20260101_000000_initial", INITIAL)
    return shop


@pytest.fixture
def declared() -> Iterator[Callable[..., type[Any]]]:
    """Declares models that are forgotten after the test: the next one declares others of the same name."""
    from glueful_orm.model.registry import MODELS
    from piccolo.table import TABLE_REGISTRY

    models, tables = set(MODELS), list(TABLE_REGISTRY)
    yield lambda build: build()
    for model in set(MODELS) - models:
        MODELS.forget(model)
    TABLE_REGISTRY[:] = tables
