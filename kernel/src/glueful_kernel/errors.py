"""What can stop a start, each with what to do about it. Causes found before any import are in glueful_registry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from glueful_hookspecs import GluefulError
from glueful_registry import PluginError, cause_and_fix, nearest


class SettingsError(GluefulError):
    """A setting is unknown, missing or of the wrong type.

    Args:
        key: dotted path, for example ``orm.url``.
        source: the file or variable that it came from.
        problem: what is wrong with it.
        fix: what to write instead.
    """

    code = "settings.invalid"

    def __init__(self, key: str, source: str, problem: str, fix: str = "") -> None:
        self.key, self.source, self.problem = key, source, problem
        super().__init__(what=f"{key} ({source}): {problem}", fix=fix or f"correct {key} in {source}")


class UnknownSetting(SettingsError):
    """A key that no settings type declares."""

    code = "settings.unknown"

    def __init__(self, key: str, source: str, known: Sequence[str], suggestion: str | None = None) -> None:
        self.suggestion = suggestion or nearest(key.rpartition(".")[2], known)
        fix = f"did you mean {self.suggestion}?" if self.suggestion else f"known here: {', '.join(known) or 'nothing'}"
        super().__init__(key, source, "there is no such setting", fix)


class SettingsFileError(GluefulError):
    """The settings file cannot be read or is not TOML."""

    code = "settings.file"

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(what=f"{path}: {problem}", fix="correct the file, or name another one in GLUEFUL_CONFIG")


class PluginSettingsInvalid(PluginError):
    """A plugin's section of the settings is invalid."""

    code = "plugin.settings_invalid"

    def __init__(self, plugin: str, error: SettingsError) -> None:
        self.plugin, self.error = plugin, error
        super().__init__(what=f"{plugin}: {error.what}", fix=error.fix)


class HookFailed(PluginError):
    """A contribution hook raised, or returned what cannot be used."""

    code = "plugin.hook_failed"

    def __init__(self, plugin: str, hook: str, error: BaseException) -> None:
        self.plugin, self.hook, self.error = plugin, hook, error
        cause, fix = cause_and_fix(plugin, error)
        super().__init__(what=f"{plugin}: {hook} failed with {cause}", fix=fix)


@contextmanager
def failing(plugin: str, hook: str) -> Iterator[None]:
    """Whatever an implementation raises becomes HookFailed, unless it names the plugin at fault already."""
    try:
        yield
    except PluginError:
        raise
    except Exception as error:
        raise HookFailed(plugin, hook, error) from error


class ContributionConflict(PluginError):
    """Two plugins contribute the same route, service, dependency, command or exception handler."""

    code = "plugin.conflict"

    def __init__(self, plugin: str, other: str, what: str, override: str) -> None:
        self.plugin, self.other, self.contribution, self.override = plugin, other, what, override
        super().__init__(
            what=f"{plugin} contributes {what}, which {other} contributes already",
            fix=f"glueful serve --without {plugin}   or declare overrides = frozenset({{{override!r}}}) in {plugin}",
        )


class ContributionRemoved(PluginError):
    """``glueful_configure`` of one plugin removed what others had contributed."""

    code = "plugin.contribution_removed"

    def __init__(self, plugin: str, removed: Sequence[str]) -> None:
        self.plugin, self.removed = plugin, tuple(removed)
        super().__init__(
            what=f"{plugin} removed from the application in glueful_configure: {', '.join(removed)}",
            fix=f"glueful serve --without {plugin}",
        )


class StartupFailed(PluginError):
    """``glueful_startup`` of a plugin raised."""

    code = "plugin.startup_failed"

    def __init__(self, plugin: str, error: BaseException) -> None:
        self.plugin, self.error = plugin, error
        cause, fix = cause_and_fix(plugin, error)
        super().__init__(what=f"{plugin}: could not start: {cause}", fix=fix)


class BootFailed(GluefulError):
    """Several plugins cannot be started; each has its own message."""

    code = "kernel.boot_failed"

    def __init__(self, errors: Sequence[GluefulError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            what=f"{len(errors)} plugins cannot be started:\n"
            + "\n".join(f"  - {error.what}\n    fix: {error.fix}" for error in errors),
            fix="glueful plugin doctor   or   glueful serve --safe-mode",
        )


class ApplicationNotFound(GluefulError):
    """The command line found no application where it was told to look."""

    code = "kernel.application_not_found"

    def __init__(self, target: str, problem: str) -> None:
        self.target, self.problem = target, problem
        super().__init__(
            what=f"{target}: {problem}",
            fix="name it with --app module:attribute or GLUEFUL_APP; by default it is `app` in app.py",
        )
