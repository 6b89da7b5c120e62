"""Start in dependency order, stop in reverse; what was started is stopped also when a start fails half-way."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING

import structlog
from glueful_hookspecs import GluefulError, current_scope
from litestar import Litestar

from .dispatch import Call, Dispatcher
from .errors import StartupFailed

if TYPE_CHECKING:
    import svcs

log = structlog.stdlib.get_logger("glueful.lifespan")


@asynccontextmanager
async def lifespan(app: Litestar, hooks: Dispatcher, registry: Callable[[], "svcs.Registry"]) -> AsyncIterator[None]:
    """Run ``glueful_startup`` and ``glueful_shutdown`` around the serving application.

    Args:
        app: the application.
        hooks: of its kernel.
        registry: gives the open service registry; called once at the start.

    Raises:
        StartupFailed: a plugin could not start; those already started were shut down.
    """
    current_scope.set({"type": "lifespan", "litestar_app": app})
    services = registry()
    app.state["services"] = services
    reached: set[str] = set()
    try:
        starts = {call.plugin: call for call in hooks.runtime("glueful_startup").calls}
        for plugin in [*starts, *(name for name in hooks.plugins if name not in starts)]:
            reached.add(plugin)
            if (call := starts.get(plugin)) is None:
                continue
            try:
                await _run(call, app)
            except Exception as error:
                failed = StartupFailed(plugin, error)
                is_unexpected = not isinstance(error, GluefulError)
                log.error(failed.what, plugin=plugin, fix=failed.fix, exc_info=is_unexpected)  # noqa: TRY400 - conditional
                raise failed from error
        yield
    finally:
        for call in reversed(hooks.runtime("glueful_shutdown").calls):
            if call.plugin not in reached:
                continue
            try:
                await _run(call, app)
            except Exception:
                log.exception("shutdown failed", plugin=call.plugin)
        await services.aclose()


async def _run(call: Call, app: Litestar) -> None:
    result = call.function(*[app for _ in call.arguments])
    if isawaitable(result):
        await result
