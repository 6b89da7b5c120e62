"""Commands of a plugin: imported when they run, asynchronous if they like, with their plugin and its application."""

import sys
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from glueful_hookspecs import COMMAND_PLUGIN, GluefulError, LazyCommands, Plugin, hookimpl
from glueful_kernel import Kernel

MEMBERS = {"count": "audit_commands:count", "fail": "audit_commands:fail", "greet": "audit_commands:greet"}


class AuditCommands(LazyCommands, click.Group):
    """``glueful audit``."""

    def refusal(self, error: BaseException) -> GluefulError | None:
        if isinstance(error, LookupError):
            return GluefulError(what="there is no such entry", fix="glueful audit count")
        return super().refusal(error)


class Audit(Plugin):
    """Counts how often it is started and stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    @hookimpl
    def glueful_startup(self, app: Any) -> None:
        self.heard.append(f"started for a command: {app.state.is_command}")

    @hookimpl
    def glueful_shutdown(self) -> None:
        self.heard.append("stopped")

    @hookimpl
    def glueful_commands(self) -> list[Any]:
        return [AuditCommands(self, MEMBERS, name="audit", help="Look into the audit log.")]


@click.command()
@click.option("--failing", is_flag=True)
async def count(failing: bool) -> None:
    """Count entries."""
    context = click.get_current_context()
    plugin: Audit = context.meta[COMMAND_PLUGIN]
    async with context.obj.started() as app:
        plugin.heard.append(f"ran with {len(app.routes)} routes")
        if failing:
            raise KeyError("entry")
    click.echo("3 entries")


@click.command()
@click.argument("how")
@click.pass_context
async def fail(ctx: click.Context, how: str) -> None:
    if how == "exit":
        ctx.exit(7)
    if how == "usage":
        raise click.UsageError("not like this")
    error = GluefulError(what="refused", fix="ask again") if how == "group" else RuntimeError("a bug")
    raise ExceptionGroup("of a task", [error])


@click.command()
def greet() -> None:
    click.echo("hello")


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Audit:
    """Its commands can be imported, and are not yet."""
    module = ModuleType("audit_commands")
    vars(module).update(count=count, fail=fail, greet=greet)
    monkeypatch.setitem(sys.modules, "audit_commands", module)
    return Audit()


def run(plugin: Audit, *arguments: str) -> Result:
    kernel = Kernel({}, [plugin], only=[])
    (group,) = kernel.commands(taken=[])
    return CliRunner().invoke(group, list(arguments), obj=kernel, prog_name="glueful audit")


def test_a_command_runs_in_a_started_application_that_is_stopped_afterwards(plugin: Audit) -> None:
    result = run(plugin, "count")

    assert (result.exit_code, result.output) == (0, "3 entries\n")
    assert plugin.heard == ["started for a command: True", "ran with 0 routes", "stopped"]


def test_the_application_is_stopped_also_when_the_command_fails(plugin: Audit) -> None:
    result = run(plugin, "count", "--failing")

    assert plugin.heard[-1] == "stopped"
    assert isinstance(result.exception, GluefulError)
    assert (result.exception.what, result.exception.fix) == ("there is no such entry", "glueful audit count")


def test_a_command_may_be_a_plain_function(plugin: Audit) -> None:
    assert run(plugin, "greet").output == "hello\n"


def test_commands_are_listed_in_the_order_of_their_use_and_unknown_ones_are_wrong_usage(plugin: Audit) -> None:
    listed = run(plugin, "--help").output

    assert [word for word in listed.split() if word in MEMBERS] == list(MEMBERS)
    assert run(plugin, "absent").exit_code == 2


def test_a_refusal_comes_out_of_the_group_of_a_task_and_a_bug_is_shown_as_one(plugin: Audit) -> None:
    refused, broken = run(plugin, "fail", "group"), run(plugin, "fail", "bug")

    assert isinstance(refused.exception, GluefulError)
    assert refused.exception.what == "refused"
    assert isinstance(broken.exception, ExceptionGroup)


def test_clicks_own_ways_to_end_keep_their_codes(plugin: Audit) -> None:
    assert run(plugin, "fail", "exit").exit_code == 7
    assert run(plugin, "fail", "usage").exit_code == 2


def test_no_command_is_imported_before_it_runs() -> None:
    """``glueful --help`` of an application with many plugins is quick."""
    group = AuditCommands(Audit(), {"absent": "no_such_module:command"}, name="audit")

    assert group.list_commands(click.Context(group)) == ["absent"]
    with pytest.raises(ModuleNotFoundError):
        group.get_command(click.Context(group), "absent")
