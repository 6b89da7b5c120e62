"""Hooks of one kernel: pluggy validates and names implementations; here they are ordered and compiled."""

from collections.abc import Callable, Iterable, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Any, NamedTuple

import structlog
from glueful_hookspecs import Contribution, HookInfo, HookKind, Hooks, hook_info
from glueful_registry import InvalidHook, UnknownHook
from pluggy import HookCaller, HookImpl, PluginManager, PluginValidationError

from .errors import failing

log = structlog.stdlib.get_logger("glueful.hooks")


class Call(NamedTuple):
    """One implementation, ready to be called with the arguments that it asks for."""

    plugin: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    is_async: bool


def in_order(implementations: Iterable[HookImpl], plugins: Sequence[str]) -> list[Call]:
    """Plugins in dependency order; within a hook ``tryfirst`` before and ``trylast`` after all others.

    pluggy itself calls the last registered first; this is the one place that decides otherwise.
    """
    position = {name: index for index, name in enumerate(plugins)}

    def rank(implementation: HookImpl) -> tuple[int, int]:
        shift = -1 if implementation.tryfirst else 1 if implementation.trylast else 0
        return shift, position[implementation.plugin_name]

    return [
        Call(item.plugin_name, item.function, item.argnames, iscoroutinefunction(item.function))
        for item in sorted(implementations, key=rank)
    ]


class CompiledHook:
    """A runtime hook as a flat tuple of callables; false when nobody listens."""

    __slots__ = ("calls", "info", "name")

    def __init__(self, name: str, info: HookInfo, calls: Sequence[Call]) -> None:
        self.name, self.info, self.calls = name, info, tuple(calls)

    def __bool__(self) -> bool:
        return bool(self.calls)

    async def __call__(self, **arguments: Any) -> bool:
        """See ``glueful_hookspecs.RuntimeHook``."""
        is_veto = self.info.kind is HookKind.VETO
        for plugin, function, names, is_async in self.calls:
            try:
                result = function(*[arguments[name] for name in names])
                if is_async or isawaitable(result):
                    result = await result
            except Exception as error:
                if is_veto:
                    error.add_note(f"raised in {self.name} of plugin {plugin}")
                    raise
                log.exception("observer failed", hook=self.name, plugin=plugin)
            else:
                if is_veto and result is False:
                    return False
        return True


class Dispatcher(Hooks):
    """The hooks of one kernel.

    Args:
        manager: with all specifications and plugins registered.
        plugins: names in dependency order.
    """

    def __init__(self, manager: PluginManager, plugins: Sequence[str]) -> None:
        self.plugins = tuple(plugins)
        self._infos: dict[str, HookInfo] = {}
        self._calls: dict[str, tuple[Call, ...]] = {}
        for name, caller in callers(manager):
            if caller.spec is not None and (info := hook_info(caller.spec.function)) is not None:
                self._infos[name] = info
                self._calls[name] = tuple(in_order(caller.get_hookimpls(), plugins))
        self._compiled = {
            name: CompiledHook(name, info, self._calls[name])
            for name, info in self._infos.items()
            if info.kind is not HookKind.CONTRIBUTION
        }

    def calls(self, name: str) -> tuple[Call, ...]:
        """The implementations of any hook, in order.

        Raises:
            LookupError: no specification declares ``name``.
        """
        try:
            return self._calls[name]
        except KeyError:
            raise LookupError(f"no specification declares the hook {name}") from None

    def contributions(self, name: str, **arguments: Any) -> list[Contribution]:
        """See ``glueful_hookspecs.Hooks``.

        Raises:
            HookFailed: an implementation raised.
        """
        found = []
        for plugin, function, names, _ in self.calls(name):
            with failing(plugin, name):
                value = function(*[arguments[argument] for argument in names])
            if value is not None:
                found.append(Contribution(plugin, value))
        return found

    def values(self, name: str, kind: Any) -> list[tuple[str, Any]]:
        """Each value that the plugins return from a contribution hook, with the plugin's name.

        Raises:
            HookFailed: a plugin raised, returned no sequence, or one with something that is not of ``kind``.
        """
        found = []
        for plugin, values in self.contributions(name):
            with failing(plugin, name):
                for value in values:
                    if not isinstance(value, kind):
                        raise TypeError(f"it returned {value!r}, not {getattr(kind, '__name__', kind)}")
                    found.append((plugin, value))
        return found

    def runtime(self, name: str) -> CompiledHook:
        """See ``glueful_hookspecs.Hooks``."""
        try:
            return self._compiled[name]
        except KeyError:
            raise LookupError(f"no specification declares the runtime hook {name}") from None

    def specifications(self) -> dict[str, HookInfo]:
        """Every declared hook with its kind and version, in the order of declaration."""
        return dict(self._infos)


def callers(manager: PluginManager) -> list[tuple[str, HookCaller]]:
    """Name and caller of each hook that is specified or implemented."""
    return [(name, caller) for name, caller in vars(manager.hook).items() if isinstance(caller, HookCaller)]


def add_specifications(manager: PluginManager, owner: str, namespace: object) -> None:
    """Add the ``@hook`` functions of a module or object.

    Raises:
        InvalidHook: a name is declared twice, or a specification has no kind.
    """
    try:
        manager.add_hookspecs(namespace)  # type: ignore[arg-type]
    except (ValueError, PluginValidationError) as error:
        raise InvalidHook(
            owner, "glueful_add_hookspecs", f"returned specifications that do not fit: {error}"
        ) from error
    for name, caller in callers(manager):
        if caller.spec is not None and hook_info(caller.spec.function) is None:
            raise InvalidHook(owner, name, 'is declared without a kind; use glueful_hookspecs.hook("…", since="…")')


def register(manager: PluginManager, name: str, plugin: object) -> None:
    """Register the implementations of one plugin.

    Raises:
        UnknownHook: one implements what no specification declares, and is not ``optionalhook``.
        InvalidHook: one asks for arguments that the specification does not have, or is a wrapper.
    """
    try:
        manager.register(plugin, name)
    except PluginValidationError as error:
        raise InvalidHook(name, "an implementation", str(error).replace("\n", " ")) from error
    known = [hook for hook, caller in callers(manager) if caller.spec is not None]
    for caller in manager.get_hookcallers(plugin) or ():
        for implementation in caller.get_hookimpls():
            if implementation.plugin is not plugin:
                continue
            if implementation.hookwrapper or implementation.wrapper:
                raise InvalidHook(name, caller.name, "is a wrapper; hooks of Glueful cannot be wrapped")
            if caller.spec is None and not implementation.optionalhook:
                raise UnknownHook(name, caller.name, known)
