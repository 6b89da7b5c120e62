"""The one function that most applications need."""

from collections.abc import Collection, Sequence
from typing import Any

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from .kernel import Kernel
from .settings import SettingsSource


def create_app(
    route_handlers: Sequence[ControllerRouterHandler] = (),
    *,
    plugins: Sequence[object] = (),
    settings: SettingsSource = None,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    **litestar_options: Any,
) -> Litestar:
    """Build an ordinary Litestar application with every installed Glueful plugin in it.

    The same as ``Litestar(route_handlers, plugins=[Kernel(...)], **litestar_options)``.

    Args:
        route_handlers: the application's own handlers, controllers and routers.
        plugins: Glueful plugins (objects or modules) and Litestar plugins to add.
        settings: see ``Kernel``.
        only: see ``Kernel``.
        without: see ``Kernel``.
        litestar_options: everything else that Litestar takes.

    Raises:
        GluefulError: what stops the start, with what to do about it.
    """
    theirs: list[Any] = [plugin for plugin in plugins if _is_litestars(plugin)]
    ours = [plugin for plugin in plugins if not _is_litestars(plugin)]
    kernel = Kernel(settings, ours, only=only, without=without)
    app = Litestar(route_handlers, plugins=[kernel, *theirs], **litestar_options)
    kernel.mount(app)
    return app


def _is_litestars(plugin: object) -> bool:
    return any(kind.__module__.startswith("litestar.plugins") for kind in type(plugin).__mro__)
