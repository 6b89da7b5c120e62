"""Piccolo's configuration, in memory and only while migrations run.

The code of a migration may use tables without an engine, or ``manager.get_table_from_snapshot()``; Piccolo then imports
the module that ``PICCOLO_CONF`` names. Importing this module imports nothing of ``piccolo.conf``, which drags black in.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .files import PACKAGE, MigrationFile
from .sources import MigrationSource

if TYPE_CHECKING:
    from piccolo.conf.apps import AppRegistry

MODULE = "glueful_orm._piccolo_conf"
VARIABLE = "PICCOLO_CONF"


class RuntimeConf(ModuleType):
    """What Piccolo takes for ``piccolo_conf.py``."""

    def __init__(self, engine: Any, sources: Sequence[MigrationSource]) -> None:
        super().__init__(MODULE)
        self.DB = engine
        self._sources = sources
        self._registry: AppRegistry | None = None

    @property
    def APP_REGISTRY(self) -> "AppRegistry":  # noqa: N802 - Piccolo's name
        """The apps, built when first asked for."""
        if self._registry is None:
            from piccolo.conf.apps import AppConfig, AppRegistry

            for source in self._sources:
                module = ModuleType(app_module(source.app))
                module.APP_CONFIG = AppConfig(  # type: ignore[attr-defined]
                    app_name=source.app,
                    migrations_folder_path=str(source.folder),
                    migration_dependencies=[app_module(required) for required in source.requires],
                )
                sys.modules[module.__name__] = module
            self._registry = AppRegistry(apps=[app_module(source.app) for source in self._sources])
        return self._registry


def app_module(app: str) -> str:
    """Name of the module that stands for an app; ends as Piccolo wants it."""
    return f"glueful_orm._apps.{app}.piccolo_app"


@contextmanager
def piccolo_conf(engine: Any, sources: Sequence[MigrationSource], files: Sequence[MigrationFile]) -> Iterator[None]:
    """Make Piccolo find ``engine``, the apps and the already imported files, and nothing else; undone afterwards.

    Args:
        engine: what tables without an engine of their own use.
        sources: the apps.
        files: their migrations; Piccolo imports them by bare name and finds these modules.
    """
    modules: dict[str, ModuleType] = {file.path.stem: file.module for file in files}
    modules[MODULE] = RuntimeConf(engine, sources)
    kept = {name: sys.modules.get(name) for name in modules}
    path, variable = list(sys.path), os.environ.get(VARIABLE)
    sys.modules.update(modules)
    os.environ[VARIABLE] = MODULE
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in kept.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        for name in [name for name in sys.modules if name.startswith(("glueful_orm._apps.", f"{PACKAGE}."))]:
            del sys.modules[name]
        if variable is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = variable
