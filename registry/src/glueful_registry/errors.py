"""Why a plugin cannot be started: found without importing it, or in its hooks before any of them is called."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from traceback import walk_tb

from glueful_hookspecs import GluefulError
from packaging.requirements import Requirement

_LOADERS = ("glueful_registry", "glueful_kernel", "importlib", "_frozen_importlib")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None if none is near."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def described(error: BaseException) -> str:
    """Class, text and the place that raised, in one line: ``ValueError: boom (acme_audit/plugin.py:7)``."""
    places = [
        f" ({'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{line})"
        for frame, line in walk_tb(error.__traceback__)
        if not str(frame.f_globals.get("__name__")).startswith(_LOADERS)
    ]
    return f"{type(error).__name__}: {error}{places[-1] if places else ''}"


def cause_and_fix(plugin: str, error: BaseException) -> tuple[str, str]:
    """What an error of a plugin's code says, and what to do: what the error itself knows, else to start without it."""
    if isinstance(error, GluefulError):
        return error.what, error.fix or f"glueful serve --without {plugin}"
    return described(error), f"glueful serve --without {plugin}"


class PluginError(GluefulError):
    """An error that concerns one plugin.

    Attributes:
        plugin: its name.
    """

    code = "plugin.error"
    plugin: str = ""


class PluginNotFound(PluginError):
    """A name was given that no installed plugin has."""

    code = "plugin.not_found"

    def __init__(self, plugin: str, suggestion: str | None, install: str | None = None) -> None:
        self.plugin, self.suggestion, self.install = plugin, suggestion, install
        hint = f"did you mean {suggestion}?" if suggestion else "glueful plugin list"
        super().__init__(
            what=f"no plugin named {plugin} is installed", fix=f"pip install {install}" if install else hint
        )


class PluginMissingRequirement(PluginError):
    """A distribution that a plugin requires is not installed."""

    code = "plugin.missing_requirement"

    def __init__(self, plugin: str, requirement: Requirement) -> None:
        self.plugin, self.requirement = plugin, requirement
        super().__init__(
            what=f"{plugin} requires {requirement.name}, which is not installed",
            fix=f"pip install '{requirement}'   or   glueful serve --without {plugin}",
        )


class PluginVersionConflict(PluginError):
    """The installed version of a distribution is outside the range that a plugin requires."""

    code = "plugin.version_conflict"

    def __init__(self, plugin: str, requirement: Requirement, found: str) -> None:
        self.plugin, self.requirement, self.found = plugin, requirement, found
        super().__init__(
            what=f"{plugin} requires {requirement}, but {requirement.name} {found} is installed",
            fix=f"pip install '{requirement}'   or   glueful serve --without {plugin}",
        )


class PluginCycle(PluginError):
    """Plugins require one another in a circle.

    Attributes:
        path: the circle; the first name stands again at the end.
    """

    code = "plugin.cycle"

    def __init__(self, path: Sequence[str]) -> None:
        self.path = tuple(path)
        self.plugin = self.path[0]
        super().__init__(
            what=f"plugins require one another in a circle: {' -> '.join(self.path)}",
            fix=f"glueful serve --without {self.plugin}   and ask its author to drop one of the requirements",
        )


class PluginDuplicate(PluginError):
    """Two distributions bring a plugin of the same name."""

    code = "plugin.duplicate"

    def __init__(self, plugin: str, owners: Sequence[str], locations: Sequence[str]) -> None:
        self.plugin, self.owners, self.locations = plugin, tuple(owners), tuple(locations)
        named = "   and   ".join(f"{o} ({where})" for o, where in zip(owners, locations, strict=True))
        super().__init__(
            what=f"{plugin} is the name of plugins of two distributions: {named}",
            fix=f"pip uninstall {owners[-1]}   or   glueful serve --without {plugin}",
        )


class PluginShadowsOfficial(PluginError):
    """A distribution uses a name that belongs to an official plugin."""

    code = "plugin.shadows_official"

    def __init__(self, plugin: str, owner: str, official: str, location: str) -> None:
        self.plugin, self.owner, self.official, self.location = plugin, owner, official, location
        super().__init__(
            what=f"{plugin} of {owner} ({location}) uses a name that belongs to {official}",
            fix=f"pip uninstall {owner}   or   glueful serve --without {plugin}",
        )


class PluginImportFailed(PluginError):
    """The entry point of a plugin cannot be imported."""

    code = "plugin.import_failed"

    def __init__(self, plugin: str, target: str, error: BaseException) -> None:
        self.plugin, self.target, self.error = plugin, target, error
        super().__init__(
            what=f"{plugin}: importing {target} failed with {described(error)}",
            fix=f"reinstall or repair its distribution   or   glueful serve --without {plugin}",
        )


class NotAPlugin(PluginError):
    """An entry point leads to something that has no hook implementations."""

    code = "plugin.not_a_plugin"

    def __init__(self, plugin: str, target: str, found: object) -> None:
        self.plugin, self.target = plugin, target
        super().__init__(
            what=f"{plugin}: {target} is {type(found).__name__}, which has no @hookimpl method or function",
            fix="point the entry point at a Plugin class or at a module with @hookimpl functions",
        )


class UnknownHook(PluginError):
    """An implementation of a hook that no specification declares."""

    code = "plugin.unknown_hook"

    def __init__(self, plugin: str, hook: str, known: Sequence[str]) -> None:
        self.plugin, self.hook, self.suggestion = plugin, hook, nearest(hook, known)
        fix = f"did you mean {self.suggestion}?" if self.suggestion else "install the plugin that declares it"
        super().__init__(
            what=f"{plugin} implements {hook}, which no installed specification declares",
            fix=f"{fix}   or   @hookimpl(optionalhook=True) if it may be absent",
        )


class InvalidHook(PluginError):
    """A specification or implementation that cannot be used: no kind, wrong arguments, a wrapper."""

    code = "plugin.invalid_hook"

    def __init__(self, plugin: str, hook: str, problem: str) -> None:
        self.plugin, self.hook, self.problem = plugin, hook, problem
        super().__init__(what=f"{plugin}: {hook} {problem}", fix="see its specification: glueful plugin hooks")
