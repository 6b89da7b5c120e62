"""``glueful plugin``: what is installed, what is active, and why the rest is not."""

import json
from typing import Any

import click

from .table import print_table


def _plan(ctx: click.Context) -> Any:
    """The report of installed plugins, without importing any of them."""
    from glueful_registry import discover, plan

    from ..settings import PluginsSettings, Settings
    from .application import apply_options

    apply_options(ctx.find_root().params)
    switches: Any = Settings().decode("plugins", PluginsSettings)
    return plan(discover(), without=set(switches.disabled), safe_mode=switches.safe_mode)


def _reason(status: Any) -> str:
    if status.error is not None:
        return str(status.error.what)
    return f"requires {status.blocked_by}" if status.blocked_by else ""


@click.group("plugin")
def command() -> None:
    """Inspect plugins: list, info, graph, hooks, doctor."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """List installed plugins in start order, importing none of them."""
    report = _plan(ctx)
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2))
        return
    print_table(
        ("PLUGIN", "VERSION", "STATE", "DISTRIBUTION", "SUMMARY"),
        [
            (s.info.name, s.info.version or "-", s.state, s.info.distribution or "-", _reason(s) or s.info.summary)
            for s in report.plugins
        ],
    )


@command.command("info")
@click.argument("name")
@click.pass_context
def info(ctx: click.Context, name: str) -> None:
    """Show one plugin: metadata, state, settings, hooks."""
    import msgspec
    from glueful_hookspecs import Plugin

    from .application import load_kernel

    kernel = load_kernel(ctx, tolerant=True)
    status = kernel.composition.report.get(name)
    about = status.info
    requires = ", ".join(str(requirement) for requirement in about.requires)
    rows = [
        ("name", about.name),
        ("state", f"{status.state} {_reason(status)}".strip()),
        ("distribution", f"{about.distribution or '-'} {about.version or ''}".strip()),
        ("summary", about.summary),
        ("entry point", about.value),
        ("requires", requires or "-"),
        ("location", about.location or "-"),
    ]
    plugin = kernel.composition.objects.get(name)
    if isinstance(plugin, Plugin):
        fields = msgspec.structs.fields(plugin.settings_type)
        rows += [("setting", f"{name}.{field.encode_name}") for field in fields]
    hooks = kernel.composition.dispatcher
    rows += [("hook", hook) for hook in hooks.specifications() if any(c.plugin == name for c in hooks.calls(hook))]
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        click.echo(f"{label.ljust(width)}  {value}")


@command.command("graph")
@click.option("--mermaid", is_flag=True, help="Print a Mermaid flowchart.")
@click.pass_context
def graph(ctx: click.Context, mermaid: bool) -> None:
    """Show which plugin requires which, in start order, importing none of them."""
    report = _plan(ctx)
    owners: dict[str, list[str]] = {}
    for status in report.plugins:
        owners.setdefault(status.info.distribution or status.info.name, []).append(status.info.name)
    if mermaid:
        click.echo("flowchart LR")
    for status in report.plugins:
        needed = sorted(n for r in status.info.requires for n in owners.get(r.name.lower().replace("_", "-"), ()))
        if mermaid:
            click.echo(f"    {status.info.name}")
            for other in needed:
                click.echo(f"    {status.info.name} --> {other}")
        else:
            mark = "" if status.info.name in report.order else f"  [{status.state}: {_reason(status)}]"
            click.echo(f"{status.info.name}{mark}" + (f" -> {', '.join(needed)}" if needed else ""))


@command.command("hooks")
@click.argument("name", required=False)
@click.option("--all", "show_all", is_flag=True, help="Also hooks that nobody implements.")
@click.pass_context
def hooks(ctx: click.Context, name: str | None, show_all: bool) -> None:
    """Show hooks with their kind and their implementations in call order; with NAME, one hook with its reference."""
    from inspect import getdoc

    from ..errors import nearest
    from .application import load_kernel

    kernel = load_kernel(ctx, tolerant=True)
    dispatcher = kernel.composition.dispatcher
    known = dispatcher.specifications()
    if name is not None and name not in known:
        hint = nearest(name, list(known))
        raise click.UsageError(f"there is no hook {name}" + (f"; did you mean {hint}?" if hint else ""))
    rows = []
    for hook, about in known.items():
        calls = dispatcher.calls(hook)
        if (name is None and not calls and not show_all) or (name is not None and hook != name):
            continue
        rows.append((hook, about.kind, about.since, ", ".join(call.plugin for call in calls) or "-"))
    print_table(("HOOK", "KIND", "SINCE", "IMPLEMENTED BY (IN CALL ORDER)"), rows)
    if name is not None:
        specification = next(
            caller.spec for hook, caller in vars(kernel.composition.manager.hook).items() if hook == name
        )
        click.echo(f"\n{getdoc(specification.function)}")


@command.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what is wrong with the plugins and what to do; exit code 1 if anything is."""
    from ..app import create_app
    from ..kernel import Kernel
    from .application import load_application, load_kernel

    kernel = load_kernel(ctx, tolerant=True)
    app = load_application(ctx)
    if app is None:
        kernel = create_app(settings=None).plugins.get(Kernel)
    else:
        kernel = app.plugins.get(Kernel)
    report = kernel.composition.report
    if as_json:
        click.echo(json.dumps({**report.as_dict(), "overrides": kernel.overridden}, indent=2))
    else:
        for status in report.plugins:
            mark = {"active": "ok", "disabled": "--"}.get(str(status.state), "!!")
            click.echo(f"{mark}  {status.info.name} {status.info.version or ''}: {status.state}")
            if status.error is not None:
                click.echo(f"      {status.error.what}\n      fix: {status.error.fix}")
            elif status.blocked_by:
                click.echo(f"      requires {status.blocked_by}, which is not active")
        for line in (*report.notes, *kernel.overridden):
            click.echo(f"note: {line}")
    if report.errors:
        ctx.exit(1)
