"""Public names that are imported on first use (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_exports(module: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """Build the module-level ``__getattr__`` of a package whose public names are loaded on first use.

    Importing ``package.plugin`` runs ``package/__init__.py`` first; names imported there would undo the lazy imports of
    ``plugin.py``. Type checkers see the names through a ``TYPE_CHECKING`` block beside the call::

        __getattr__ = lazy_exports(__name__, {"Webhook": ".subscriptions"})

    Args:
        module: ``__name__`` of the package.
        names: public name to relative module.

    Raises:
        AttributeError: from the returned function, for a name that is not in ``names``.
    """

    def __getattr__(name: str) -> object:
        target = names.get(name)
        if target is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(target, module), name)
        setattr(sys.modules[module], name, value)
        return value

    return __getattr__
