"""Assembly: what the active plugins contribute to one Litestar application, collected and checked for conflicts."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Hooks, Staged
from glueful_registry import Report
from litestar.di import Provide
from litestar.router import Router
from litestar.routes import HTTPRoute

from .boot import Composition
from .errors import ContributionConflict, ContributionRemoved, failing
from .services import ServiceRegistry, provide_container

if TYPE_CHECKING:
    from litestar.config.app import AppConfig


class Contributions:
    """Everything that the plugins add to one application.

    Args:
        composition: the active plugins.

    Raises:
        HookFailed: a hook raised or returned what cannot be used.
        ContributionConflict: two plugins contribute the same thing, and the later one does not declare it.
    """

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._owners: dict[str, str] = {}
        self._replaced: set[tuple[str, str]] = set()
        self.overridden: list[str] = []
        """Lines for ``doctor``: which plugin replaced what of which."""
        values = composition.dispatcher.values
        self.middleware: list[Staged] = [value for _, value in values("glueful_middleware", Staged)]
        self.guards = [value for _, value in values("glueful_guards", Callable)]
        self.litestar_plugins = [value for _, value in values("glueful_litestar_plugins", object)]
        self.routes = self._routes()
        self.dependencies = self._mapping("glueful_dependencies", "the dependency", Provide)
        self.exception_handlers = self._mapping("glueful_exception_handlers", "the exception handler of", Callable)
        self.services = self.fill_registry()

    def _mapping(self, hook: str, what: str, kind: Any) -> dict[Any, Any]:
        merged: dict[Any, Any] = {}
        for plugin, mapping in self._composition.dispatcher.contributions(hook):
            with failing(plugin, hook):
                if not isinstance(mapping, dict):
                    raise TypeError(f"it returned {type(mapping).__name__}, not a dict")
                for key, value in mapping.items():
                    if not isinstance(value, kind):
                        raise TypeError(f"{key!r} is {value!r}")
                    name = f"{key.__module__}.{key.__qualname__}" if isinstance(key, type) else str(key)
                    self._claim(plugin, f"{what} {name}", name)
                    merged[key] = value
        return merged

    def _routes(self) -> list[Any]:
        collected: list[tuple[str, list[Any], Router]] = []
        for plugin, found in self._composition.dispatcher.contributions("glueful_routes"):
            with failing(plugin, "glueful_routes"):
                handlers = list(found)
                router = Router(path="/", route_handlers=handlers)
            for route in router.routes:
                methods: set[str] = set(getattr(route, "methods", ())) - {"OPTIONS"}
                for method in sorted(methods) or [""]:
                    path = f"{method} {route.path}".strip()
                    self._claim(plugin, f"the route {path}", route.path)
            collected.append((plugin, handlers, router))
        return [item for found in collected for item in self._without_replaced(*found)]

    def _without_replaced(self, plugin: str, handlers: list[Any], router: Router) -> list[Any]:
        """The handlers of a plugin; where another replaces a path, a router without that path."""
        kept = [route for route in router.routes if (plugin, route.path) not in self._replaced]
        if len(kept) == len(router.routes):
            return handlers
        router.routes = kept
        for route in kept:
            if isinstance(route, HTTPRoute):  # Litestar answers OPTIONS anew, and takes two answers for a conflict
                route.route_handlers = [h for h in route.route_handlers if h.fn.__module__ != HTTPRoute.__module__]
        return [router]

    def _claim(self, plugin: str, what: str, override: str) -> None:
        other = self._owners.setdefault(what, plugin)
        if other != plugin:
            if override not in getattr(self._composition.objects[plugin], "overrides", ()):
                raise ContributionConflict(plugin, other, what, override)
            self._owners[what] = plugin
            self._replaced.add((other, override))
            self.overridden.append(f"{plugin} replaces {what} of {other}")

    def fill_registry(self) -> ServiceRegistry:
        """A fresh service registry; also after a shutdown has closed the last one."""
        registry = ServiceRegistry()
        dispatcher = self._composition.dispatcher
        registry.register_value(Hooks, dispatcher)
        registry.register_value(Report, self._composition.report)
        for plugin, function, names, _ in dispatcher.calls("glueful_services"):
            registry.claim = partial(self._claim, plugin)
            with failing(plugin, "glueful_services"):
                function(*[{"services": registry}[name] for name in names])
        registry.claim = None
        return registry

    def apply(self, config: "AppConfig", inner: list[Any]) -> None:
        """Put everything into Litestar's configuration; what the application itself gave stays and wins."""
        config.route_handlers[:0] = self.routes
        config.middleware[:0] = inner
        config.guards[:0] = self.guards
        config.plugins.extend(self.litestar_plugins)
        config.dependencies = {"services": Provide(provide_container), **self.dependencies, **config.dependencies}
        config.exception_handlers = {**self.exception_handlers, **config.exception_handlers}
        config.state["services"] = self.services
        self._call_last_resorts(config)

    def _call_last_resorts(self, config: "AppConfig") -> None:
        dispatcher = self._composition.dispatcher
        if config.openapi_config is not None:
            dispatcher.contributions("glueful_openapi", config=config.openapi_config)
        for plugin, function, names, _ in dispatcher.calls("glueful_configure"):
            before = _protected(config)
            with failing(plugin, "glueful_configure"):
                function(*[{"app_config": config}[name] for name in names])
            kept = {id(item) for _, item in _protected(config)}
            if removed := [name for name, item in before if id(item) not in kept]:
                raise ContributionRemoved(plugin, removed)


def _protected(config: "AppConfig") -> list[tuple[str, Any]]:
    """What enforces or explains access: no plugin takes it out silently."""
    return [
        *((f"middleware {_title(item)}", item) for item in config.middleware),
        *((f"guard {_title(item)}", item) for item in config.guards),
        *((f"exception handler of {_title(key)}", item) for key, item in config.exception_handlers.items()),
    ]


def _title(item: Any) -> str:
    return getattr(item, "__qualname__", None) or type(item).__qualname__
