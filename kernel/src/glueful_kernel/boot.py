"""Boot: plan, import, settings, register, compile. What a kernel is made of, before any application exists."""

import re
from collections.abc import Collection, Sequence
from importlib import import_module
from inspect import isclass, ismodule
from typing import Any

import structlog
from glueful_hookspecs import GluefulError, NoSettings, Plugin, kernel_specifications
from glueful_registry import PluginError, PluginInfo, Report, State, discover, is_essential, plan
from pluggy import PluginManager

from .dispatch import Dispatcher, add_specifications, register
from .errors import BootFailed, NotAPlugin, PluginImportFailed, PluginSettingsInvalid, SettingsError
from .settings import KernelSettings, PluginsSettings, Settings

log = structlog.stdlib.get_logger("glueful.boot")


class Composition:
    """The plugins of one kernel: which are active and why the others are not, their objects and their hooks."""

    def __init__(self, settings: Settings, report: Report, tolerant: bool) -> None:
        self.settings = settings
        self.report = report
        self.tolerant = tolerant
        self.kernel_settings: KernelSettings = settings.decode("kernel", KernelSettings)  # type: ignore[assignment]
        self.objects: dict[str, object] = {}
        self.manager = PluginManager("glueful")
        self.dispatcher = Dispatcher(self.manager, ())

    def overrides(self, plugin: str) -> frozenset[str]:
        """What a plugin declares that it may replace of others."""
        return getattr(self.objects.get(plugin), "overrides", frozenset())

    def fail(self, name: str, error: GluefulError) -> None:
        """Take a plugin out together with all that require it.

        Raises:
            GluefulError: ``error`` itself, where the plugin or one that requires it is essential, or where plugins
                that fail stop the start.
        """
        self.report.fail(name, error)
        if not self.tolerant or self.lost_essential():
            raise error

    def lost_essential(self) -> list[str]:
        """Essential plugins that failed or are blocked by one that failed: without them nothing may be served."""
        lost = (s.info for s in self.report.plugins if s.state in (State.FAILED, State.BLOCKED))
        return [info.name for info in lost if is_essential(info.name) or self._declares_essential(info)]

    def _declares_essential(self, info: PluginInfo) -> bool:
        """A blocked plugin was not loaded; its class is asked. One that cannot be imported cannot say so."""
        plugin = self.objects.get(info.name)
        try:
            return bool(getattr(plugin if plugin is not None else target_of(info), "essential", False))
        except PluginImportFailed:
            return False

    def compile(self) -> None:
        """Register every active plugin and compile the hooks, leaving out those that do not fit."""
        while (failure := self._try_compile()) is not None:
            self.fail(*failure)

    def _try_compile(self) -> tuple[str, PluginError] | None:
        self.manager = PluginManager("glueful")
        for module in kernel_specifications():
            add_specifications(self.manager, "glueful-hookspecs", module)
        order = self.report.order
        for name in order:
            declare = getattr(self.objects[name], "glueful_add_hookspecs", None)
            try:
                if declare is not None:
                    returned = declare()
                    for namespace in returned if isinstance(returned, list | tuple) else [returned]:
                        add_specifications(self.manager, name, namespace)
            except PluginError as error:
                return name, error
        for name in order:
            try:
                register(self.manager, name, self.objects[name])
            except PluginError as error:
                return name, error
        self.dispatcher = Dispatcher(self.manager, order)
        for name in order:
            if isinstance(plugin := self.objects[name], Plugin):
                plugin.attach(self.dispatcher)
        return None


def compose(
    settings: Settings,
    plugins: Sequence[object] = (),
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    *,
    tolerant: bool = False,
) -> Composition:
    """Make a composition out of the installed plugins and those given as objects.

    Args:
        settings: all sections.
        plugins: plugin objects or modules to add; one whose class is installed under an entry point replaces it.
        only: names of installed plugins to start, with what they require; None for all.
        without: names not to start.
        tolerant: quarantine what fails, whatever the settings say; for ``glueful plugin doctor``.

    Raises:
        GluefulError: what stops the start; BootFailed where it is more than one thing.
    """
    switches: PluginsSettings = settings.decode("plugins", PluginsSettings)  # type: ignore[assignment]
    infos, objects = _candidates(plugins)
    settings.check_sections([*(info.name for info in infos), "kernel", "plugins"])
    report = plan(
        infos,
        only=None if only is None else {*only, *objects},
        without={*without, *switches.disabled},
        safe_mode=switches.safe_mode,
    )
    composition = Composition(settings, report, tolerant or switches.on_error == "quarantine")
    for name in report.order:
        if report.get(name).state is State.ACTIVE:
            try:
                composition.objects[name] = objects[name] if name in objects else load(report.get(name).info, settings)
            except PluginError as error:
                report.fail(name, error)
    if report.errors and (not composition.tolerant or composition.lost_essential()):
        raise report.errors[0] if len(report.errors) == 1 else BootFailed(report.errors)
    composition.compile()
    for cause in report.errors:
        log.error("plugin quarantined", plugin=getattr(cause, "plugin", None), reason=cause.what, fix=cause.fix)
    return composition


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


def load(info: PluginInfo, settings: Settings) -> object:
    """Import the entry point of a plugin and build its object with its settings.

    Raises:
        PluginImportFailed: it cannot be imported or built.
        NotAPlugin: what was imported has no hook implementation.
        PluginSettingsInvalid: its section is invalid.
    """
    target = target_of(info)
    try:
        if isclass(target) and issubclass(target, Plugin):
            return target(settings.decode(info.name, target.settings_type))
        settings.decode(info.name, NoSettings)
    except SettingsError as error:
        raise PluginSettingsInvalid(info.name, error) from error
    try:
        plugin = target() if isclass(target) else target
    except Exception as error:
        raise PluginImportFailed(info.name, info.value, error) from error
    if not _has_implementations(plugin):
        raise NotAPlugin(info.name, info.value, plugin)
    return plugin


def _has_implementations(plugin: object) -> bool:
    """pluggy leaves what ``hookimpl`` was told in the attribute ``<project>_impl``."""
    return any(hasattr(getattr(plugin, name, None), "glueful_impl") for name in dir(plugin))


def _candidates(plugins: Sequence[object]) -> tuple[list[PluginInfo], dict[str, object]]:
    infos, objects = list(discover()), {}
    by_target = {info.value: info for info in infos}
    for plugin in plugins:
        kind = type(plugin)
        target = plugin.__name__ if ismodule(plugin) else f"{kind.__module__}:{kind.__qualname__}"
        info = by_target.get(target)
        if info is None:
            info = PluginInfo.from_object(_name(plugin), plugin)
            if not isinstance(plugin, Plugin) and not _has_implementations(plugin):
                raise NotAPlugin(info.name, target, plugin)
            infos.append(info)
        objects[info.name] = plugin
    return infos, objects


def _name(plugin: object) -> str:
    """``name`` of the object, or its module's or class's: ``AcmeAuditPlugin`` is ``acme-audit``."""
    given = getattr(plugin, "name", None)
    if isinstance(given, str):
        return given
    if ismodule(plugin):
        return plugin.__name__.rpartition(".")[2].replace("_", "-")
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", type(plugin).__name__.removesuffix("Plugin"))
    return "-".join(words).lower() or "plugin"
