"""The ``glueful`` command: a few commands of the kernel's own, and those of every active plugin."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from glueful_hookspecs import GluefulError

OWN_COMMANDS = {name: f".{name}" for name in ("serve", "routes", "plugin", "config", "doctor")}


class GluefulGroup(click.Group):
    """Own commands are imported when they are asked for; plugins are booted only for what is not among them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Own commands, then those of plugins. A start that fails is said on standard error, and not in the way."""
        try:
            return [*OWN_COMMANDS, *sorted(_plugin_commands(ctx))]
        except GluefulError as error:
            report(error)
            return list(OWN_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; None if neither the kernel nor a plugin has it."""
        if cmd_name in OWN_COMMANDS:
            command: click.Command = import_module(OWN_COMMANDS[cmd_name], __name__).command
            return command
        commands = _plugin_commands(ctx)
        return commands.get(cmd_name)


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    from .application import load_kernel

    kernel = ctx.obj = load_kernel(ctx)
    return {command.name or "": command for command in kernel.commands(taken=OWN_COMMANDS)}


@click.group(cls=GluefulGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="glueful-kernel", prog_name="glueful", message="%(prog)s %(version)s")
@click.option("--app", is_eager=True, metavar="MODULE:ATTRIBUTE", help="The application; by default `app` in app.py.")
@click.option("--config", is_eager=True, metavar="FILE", help="The settings file; by default glueful.toml.")
@click.option("--safe-mode", is_eager=True, is_flag=True, help="Start official plugins only.")
@click.option("--without", is_eager=True, multiple=True, metavar="NAME", help="Do not start this plugin (repeatable).")
def cli(**_: Any) -> None:
    """Serve and inspect an application made of Glueful plugins."""


def report(error: GluefulError) -> None:
    """Print what happened and what to do, on standard error."""
    click.echo(f"{click.style('Error', fg='red')}: {error.what}", err=True)
    if error.fix:
        click.echo(f"{click.style('Fix', fg='green')}: {error.fix}", err=True)


def main() -> None:
    """Run the ``glueful`` script. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted."""
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except GluefulError as error:
        report(error)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
