"""The base class of plugins that have settings."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, get_args, get_origin

import msgspec

from .errors import HookNotAttached
from .hooks import Hooks


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a plugin that has none: any key is an error."""


if TYPE_CHECKING:
    from typing_extensions import TypeVar

    SettingsT = TypeVar("SettingsT", bound=msgspec.Struct, default=NoSettings)
else:
    from typing import TypeVar

    SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class Plugin(Generic[SettingsT]):
    """An object with ``@hookimpl`` methods, built once for each kernel.

    ``class WebhooksPlugin(Plugin[WebhookSettings])`` declares the settings; the kernel reads the section of the
    plugin's name from ``glueful.toml`` and ``GLUEFUL_<PLUGIN>__<FIELD>`` and hands the decoded Struct in. A test or a
    one-file application builds the object itself: ``Kernel(plugins=[WebhooksPlugin(WebhookSettings(...))])``.

    A plugin without settings derives from plain ``Plugin``, or is a module with ``@hookimpl`` functions.

    Args:
        settings: the decoded settings; by default ``settings_type()``.

    Raises:
        TypeError: no settings were given, and a field of ``settings_type`` has no default.
    """

    settings_type: ClassVar[type[msgspec.Struct]] = NoSettings
    essential: ClassVar[bool] = False
    """True for what enforces access: its failure always stops the start, also in quarantine mode."""
    overrides: ClassVar[frozenset[str]] = frozenset()
    """What this plugin may replace of another's: service types (``module.Name``), route paths (with all methods),
    exception classes, dependency names. Replacing anything else is a conflict that stops the start."""

    settings: SettingsT

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            origin, arguments = get_origin(base), get_args(base)
            if isinstance(origin, type) and issubclass(origin, Plugin) and _is_struct(arguments[0]):
                cls.settings_type = arguments[0]

    def __init__(self, settings: SettingsT | None = None) -> None:
        self.settings = settings if settings is not None else self.settings_type()  # type: ignore[assignment]
        self._hooks: Hooks | None = None

    @property
    def hooks(self) -> Hooks:
        """The hooks of the kernel that took this plugin in.

        Raises:
            HookNotAttached: no kernel has taken it in yet.
        """
        if self._hooks is None:
            raise HookNotAttached(type(self).__name__)
        return self._hooks

    def attach(self, hooks: Hooks) -> None:
        """Called by the kernel once, after all plugins are registered and before any hook runs."""
        self._hooks = hooks


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
