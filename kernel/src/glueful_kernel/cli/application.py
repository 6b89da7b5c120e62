"""Finding the application that a command is about, and its kernel."""

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from glueful_hookspecs import GluefulError

from ..errors import ApplicationNotFound

if TYPE_CHECKING:
    from litestar import Litestar

    from ..kernel import Kernel


def apply_options(params: Mapping[str, Any]) -> None:
    """Hand the options on as variables: the application is built by its own code, here or in worker processes."""
    if params.get("config"):
        os.environ["GLUEFUL_CONFIG"] = params["config"]
    if params.get("safe_mode"):
        os.environ["GLUEFUL_PLUGINS__SAFE_MODE"] = "true"
    if params.get("without"):
        given = [name for name in os.environ.get("GLUEFUL_PLUGINS__DISABLED", "").split(",") if name]
        os.environ["GLUEFUL_PLUGINS__DISABLED"] = ",".join(dict.fromkeys([*given, *params["without"]]))


def target(ctx: click.Context) -> str | None:
    """``module:attribute`` of the application: ``--app``, ``GLUEFUL_APP``, ``LITESTAR_APP``, else ``app`` in app.py."""
    params = ctx.find_root().params
    apply_options(params)
    named = params.get("app") or os.environ.get("GLUEFUL_APP") or os.environ.get("LITESTAR_APP")
    if named:
        return str(named) if ":" in named else f"{named}:app"
    spec = find_spec("app")
    is_here = spec is not None and str(spec.origin).startswith(str(Path.cwd()))
    return "app:app" if is_here else None


def load_application(ctx: click.Context) -> "Litestar | None":
    """Import the application; None if none is named and there is no app.py.

    Raises:
        ApplicationNotFound: the module or attribute does not exist, raises, or is no Litestar application.
        GluefulError: the application's kernel refused to start.
    """
    from litestar import Litestar

    os.environ.setdefault("GLUEFUL_LOG_LEVEL", "WARNING")
    name = target(ctx)
    if name is None:
        return None
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
        app = found() if callable(found) and not isinstance(found, Litestar) else found
    except GluefulError:
        raise
    except Exception as error:
        if os.environ.get("GLUEFUL_DEBUG"):
            raise
        raise ApplicationNotFound(
            name, f"cannot be loaded: {type(error).__name__}: {error} (GLUEFUL_DEBUG=1 shows where)"
        ) from error
    if not isinstance(app, Litestar):
        raise ApplicationNotFound(name, f"is {type(app).__name__}, not a Litestar application")
    return app


def load_kernel(ctx: click.Context, *, tolerant: bool = False) -> "Kernel":
    """The kernel of the application, or one of the installed plugins alone where there is no application.

    Raises:
        ApplicationNotFound: see ``load_application``; also for an application without a kernel.
        GluefulError: the kernel refused to start.
    """
    from ..kernel import Kernel

    if tolerant:
        os.environ["GLUEFUL_PLUGINS__ON_ERROR"] = "quarantine"
    root = ctx.find_root()
    if isinstance(root.obj, Kernel):
        return root.obj
    app = load_application(ctx)
    return Kernel() if app is None else kernel_of(app, ctx)


def kernel_of(app: "Litestar", ctx: click.Context) -> "Kernel":
    """The kernel among the plugins of an application.

    Raises:
        ApplicationNotFound: there is none.
    """
    from ..kernel import Kernel

    try:
        return app.plugins.get(Kernel)
    except KeyError as error:
        raise ApplicationNotFound(str(target(ctx)), "has no Kernel among its plugins") from error
