"""``glueful plugin``: what is installed, what is active, and why the rest is not."""

import json
from typing import Any

import click
import glueful_registry as registry
from glueful_hookspecs import aligned

from .doctor import command as doctor


def _plan(ctx: click.Context) -> registry.Report:
    """The report of installed plugins, without importing any of them."""
    from ..settings import PluginsSettings, Settings
    from .application import apply_options

    apply_options(ctx.find_root().params)
    switches: Any = Settings().decode("plugins", PluginsSettings)
    return registry.plan(registry.discover(), without=set(switches.disabled), safe_mode=switches.safe_mode)


@click.group("plugin")
def command() -> None:
    """Inspect plugins: list, info, graph, hooks, doctor."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """List installed plugins in start order, importing none of them."""
    report = _plan(ctx)
    lines = [json.dumps(report.as_dict(), indent=2)] if as_json else registry.table_lines(report)
    click.echo("\n".join(lines))


@command.command("graph")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print a Mermaid flowchart.")
@click.pass_context
def show_graph(ctx: click.Context, as_mermaid: bool) -> None:
    """Show which plugin requires which, in start order, importing none of them."""
    click.echo("\n".join((registry.mermaid_lines if as_mermaid else registry.graph_lines)(_plan(ctx))))


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
    facts = []
    plugin = kernel.composition.objects.get(name)
    if isinstance(plugin, Plugin):
        fields = msgspec.structs.fields(plugin.settings_type)
        facts += [("setting", f"{name}.{field.encode_name}") for field in fields]
    hooks = kernel.composition.dispatcher
    facts += [("hook", hook) for hook in hooks.specifications() if any(c.plugin == name for c in hooks.calls(hook))]
    click.echo("\n".join(registry.fact_lines(status, facts)))


@command.command("hooks")
@click.argument("name", required=False)
@click.option("--all", "show_all", is_flag=True, help="Also hooks that nobody implements.")
@click.pass_context
def hooks(ctx: click.Context, name: str | None, show_all: bool) -> None:
    """Show hooks with their kind and their implementations in call order; with NAME, one hook with its reference."""
    from inspect import getdoc

    from .application import load_kernel

    kernel = load_kernel(ctx, tolerant=True)
    dispatcher = kernel.composition.dispatcher
    known = dispatcher.specifications()
    if name is not None and name not in known:
        hint = registry.nearest(name, list(known))
        raise click.UsageError(f"there is no hook {name}" + (f"; did you mean {hint}?" if hint else ""))
    found = [
        (hook, about.kind, about.since, ", ".join(call.plugin for call in dispatcher.calls(hook)) or "-")
        for hook, about in known.items()
        if hook == name or (name is None and (show_all or dispatcher.calls(hook)))
    ]
    click.echo("\n".join(aligned(("HOOK", "KIND", "SINCE", "IMPLEMENTED BY (IN CALL ORDER)"), found)))
    if name is not None:
        specification: Any = getattr(kernel.composition.manager.hook, name).spec
        click.echo(f"\n{getdoc(specification.function)}")


command.add_command(doctor)
