"""Importing what an entry point names."""

from importlib import import_module
from typing import Any

from .errors import PluginImportFailed
from .metadata import PluginInfo


def target_of(info: PluginInfo) -> Any:
    """Import what an entry point names.

    Raises:
        PluginImportFailed: the import raised anything, a KeyboardInterrupt or SystemExit of the module as well.
    """
    module_name, _, attributes = info.value.partition(":")
    try:
        target: Any = import_module(module_name)
        for attribute in filter(None, attributes.split(".")):
            target = getattr(target, attribute)
    except BaseException as error:
        raise PluginImportFailed(info.name, info.value, error) from error
    return target


def has_implementations(plugin: object) -> bool:
    """Pluggy leaves what ``hookimpl`` was told in the attribute ``<project>_impl``."""
    return any(hasattr(getattr(plugin, name, None), "glueful_impl") for name in dir(plugin))
