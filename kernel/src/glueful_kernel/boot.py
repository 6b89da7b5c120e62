"""Boot: plan, import, settings, register, compile. What a kernel is made of, before any application exists."""

from collections.abc import Collection, Sequence
from inspect import isclass

import glueful_registry as registry
import structlog
from glueful_hookspecs import GluefulError, NoSettings, Plugin, kernel_specifications
from pluggy import PluginManager

from .dispatch import Dispatcher, add_specifications, register
from .errors import BootFailed, PluginSettingsInvalid, SettingsError
from .settings import PluginsSettings, Settings

log = structlog.stdlib.get_logger("glueful.boot")


class Composition:
    """The plugins of one kernel: which are active and why the others are not, their objects and their hooks."""

    def __init__(self, settings: Settings, report: registry.Report, tolerant: bool) -> None:
        self.settings = settings
        self.report = report
        self.tolerant = tolerant
        self.objects: dict[str, object] = {}
        self.manager = PluginManager("glueful")
        self.dispatcher = Dispatcher(self.manager, ())

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
        lost = (s.info for s in self.report.plugins if s.state in (registry.State.FAILED, registry.State.BLOCKED))
        return [info.name for info in lost if registry.is_essential(info.name) or self._declares_essential(info)]

    def _declares_essential(self, info: registry.PluginInfo) -> bool:
        """A blocked plugin was not loaded; its class is asked. One that cannot be imported cannot say so."""
        plugin = self.objects.get(info.name)
        try:
            return bool(getattr(plugin if plugin is not None else registry.target_of(info), "essential", False))
        except registry.PluginImportFailed:
            return False

    def compile(self) -> None:
        """Register every active plugin and compile the hooks, leaving out those that do not fit."""
        while (failure := self._try_compile()) is not None:
            self.fail(*failure)

    def _try_compile(self) -> tuple[str, registry.PluginError] | None:
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
            except registry.PluginError as error:
                return name, error
        for name in order:
            try:
                register(self.manager, name, self.objects[name])
            except registry.PluginError as error:
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
    infos, objects = registry.candidates(plugins)
    settings.check_sections([*(info.name for info in infos), "kernel", "plugins"])
    report = registry.plan(
        infos,
        only=None if only is None else {*only, *objects},
        without={*without, *switches.disabled},
        safe_mode=switches.safe_mode,
    )
    composition = Composition(settings, report, tolerant or switches.on_error == "quarantine")
    for name in report.order:
        if report.get(name).state is registry.State.ACTIVE:
            try:
                composition.objects[name] = objects[name] if name in objects else load(report.get(name).info, settings)
            except registry.PluginError as error:
                report.fail(name, error)
    if report.errors and (not composition.tolerant or composition.lost_essential()):
        raise report.errors[0] if len(report.errors) == 1 else BootFailed(report.errors)
    composition.compile()
    for cause in report.errors:
        log.error("plugin quarantined", plugin=getattr(cause, "plugin", None), reason=cause.what, fix=cause.fix)
    return composition


def load(info: registry.PluginInfo, settings: Settings) -> object:
    """Import the entry point of a plugin and build its object with its settings.

    Raises:
        PluginImportFailed: it cannot be imported or built.
        NotAPlugin: what was imported has no hook implementation.
        PluginSettingsInvalid: its section is invalid.
    """
    target = registry.target_of(info)
    try:
        if isclass(target) and issubclass(target, Plugin):
            return target(settings.decode(info.name, target.settings_type))
        settings.decode(info.name, NoSettings)
    except SettingsError as error:
        raise PluginSettingsInvalid(info.name, error) from error
    try:
        plugin = target() if isclass(target) else target
    except Exception as error:
        raise registry.PluginImportFailed(info.name, info.value, error) from error
    if not registry.has_implementations(plugin):
        raise registry.NotAPlugin(info.name, info.value, plugin)
    return plugin
