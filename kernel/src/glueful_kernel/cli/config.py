"""``glueful config``: the settings in force."""

import click
import msgspec
from glueful_hookspecs import NoSettings, Plugin, aligned


@click.group("config")
def command() -> None:
    """Show the settings in force."""


@command.command("show")
@click.argument("section", required=False)
@click.pass_context
def show(ctx: click.Context, section: str | None) -> None:
    """Print every setting with its value and the file or variable that it came from; secrets are masked."""
    from ..errors import UnknownSetting
    from ..settings import KernelSettings, PluginsSettings
    from .application import load_kernel

    kernel = load_kernel(ctx)
    sections: dict[str, msgspec.Struct] = {
        "kernel": kernel.settings.decode("kernel", KernelSettings),
        "plugins": kernel.settings.decode("plugins", PluginsSettings),
    }
    for name in kernel.composition.report.order:
        plugin = kernel.composition.objects[name]
        if isinstance(plugin, Plugin) and not isinstance(plugin.settings, NoSettings):
            sections[name] = plugin.settings
    if section is not None and section not in sections:
        raise UnknownSetting(section, "command line", sorted(sections))
    names = [section] if section else list(sections)
    found = [row for name in names for row in kernel.settings.describe(name, sections[name])]
    click.echo("\n".join(aligned(("SETTING", "VALUE", "SOURCE"), found)))
