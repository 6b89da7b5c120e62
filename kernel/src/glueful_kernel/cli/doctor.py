"""``glueful doctor``, the same as ``glueful plugin doctor``: what is wrong, and what to do about it."""

import json
import os
from typing import TYPE_CHECKING

import click
import glueful_registry as registry
from glueful_hookspecs import Finding
from msgspec.structs import asdict

if TYPE_CHECKING:
    from litestar import Litestar

    from ..kernel import Kernel

DEBUG = Finding(
    code="kernel.debug",
    what="the application shows the details of errors to clients",
    fix="GLUEFUL_KERNEL__ENVIRONMENT=production   and no debug=True in create_app",
)


@click.command("doctor")
@click.option("--production", is_flag=True, help="Also what is fine while developing and wrong in production.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, production: bool, as_json: bool) -> None:
    """Say what is wrong with the plugins and what to do; exit code 1 if anything is."""
    from ..app import create_app
    from .application import kernel_of, load_application

    os.environ["GLUEFUL_PLUGINS__ON_ERROR"] = "quarantine"
    os.environ.setdefault("GLUEFUL_LOG_LEVEL", "CRITICAL")  # what a log would say of plugins is said here
    app = load_application(ctx) or create_app()
    kernel = kernel_of(app, ctx)
    report = kernel.composition.report
    found = production_findings(app, kernel) if production else []
    if as_json:
        told = [{"plugin": owner, **asdict(finding)} for owner, finding in found]
        click.echo(json.dumps({**report.as_dict(), "overrides": kernel.overridden, "production": told}, indent=2))
    else:
        click.echo("\n".join(registry.diagnosis_lines(report, kernel.overridden, found)))
    if report.errors or found:
        ctx.exit(1)


def production_findings(app: "Litestar", kernel: "Kernel") -> list[tuple[str, Finding]]:
    """What stands against serving this application in production: plugin (or ``kernel``) and finding.

    Raises:
        HookFailed: a plugin raised, or returned something else than findings.
    """
    own = [("kernel", DEBUG)] if app.debug else []
    return own + kernel.composition.dispatcher.values("glueful_production_findings", Finding)
