"""What every plugin fulfils, as tests that two lines in its ``tests/test_conformance.py`` run.

::

    from glueful_kernel.testing.conformance import *
    PLUGIN = "audit"  # the name of its entry point

``SETTINGS = {"audit": {...}}`` beside them holds what it needs in order to start.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import distribution
from importlib.resources import files
from inspect import getdoc, isclass, signature
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from glueful_hookspecs import HealthCheck, HookKind, NoSettings, Plugin, hook_info
from glueful_registry import PluginInfo, discover, target_of
from litestar import Litestar

from ..app import create_app
from ..kernel import Kernel

__all__ = [
    "app",
    "plugin_info",
    "test_each_application_has_a_plugin_object_of_its_own",
    "test_importing_it_imports_nothing_heavy",
    "test_it_starts_and_stops_twice_with_what_it_requires_alone",
    "test_its_commands_say_what_they_do",
    "test_its_health_checks_have_names_that_begin_with_its_own",
    "test_its_hooks_say_when_they_run_and_what_their_errors_mean",
    "test_its_metadata_is_a_manifest",
    "test_its_package_is_typed_and_its_public_names_are_there",
    "test_its_settings_refuse_keys_that_they_do_not_know",
]

HEAVY = [
    *("argon2", "asyncpg", "cryptography", "httpx", "httpx2", "joserfc", "litestar"),
    *("piccolo", "pwdlib", "redis", "saq", "svcs", "uvicorn"),
]


@pytest.fixture
def plugin_info(request: pytest.FixtureRequest) -> PluginInfo:
    """What the distribution announces under ``PLUGIN``."""
    name = request.module.PLUGIN
    found = {info.name: info for info in discover()}
    assert name in found, f"no installed distribution has the entry point {name} in glueful.plugins"
    return found[name]


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Litestar:
    """An application with the plugin and what it requires, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return _application(request)


def _application(request: pytest.FixtureRequest) -> Litestar:
    settings = {"kernel": {"environment": "test"}, **getattr(request.module, "SETTINGS", {})}
    return create_app(only=[request.module.PLUGIN], settings=settings)


def _object(app: Litestar, name: str) -> object:
    return app.plugins.get(Kernel).composition.objects[name]


def test_its_metadata_is_a_manifest(plugin_info: PluginInfo) -> None:
    assert plugin_info.distribution
    assert plugin_info.version
    assert plugin_info.summary
    ours = {r.name: r for r in plugin_info.requires if r.name.startswith("glueful-")}
    assert "glueful-hookspecs" in ours
    assert [str(r) for r in ours.values() if not any(s.operator in ("<", "==", "~=") for s in r.specifier)] == []
    assert distribution(plugin_info.distribution).metadata["License-Expression"]


def test_its_package_is_typed_and_its_public_names_are_there(plugin_info: PluginInfo) -> None:
    package = import_module(plugin_info.value.partition(":")[0].partition(".")[0])

    assert [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)] == []
    if hasattr(package, "__path__"):
        assert files(package).joinpath("py.typed").is_file()


def test_importing_it_imports_nothing_heavy(plugin_info: PluginInfo) -> None:
    """``glueful --help`` imports every plugin."""
    code = f"import sys, {plugin_info.value.partition(':')[0]}; print(*[m for m in {HEAVY!r} if m in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "\n"


def test_its_settings_refuse_keys_that_they_do_not_know(plugin_info: PluginInfo) -> None:
    target = target_of(plugin_info)

    if isclass(target) and issubclass(target, Plugin) and target.settings_type is not NoSettings:
        assert target.settings_type.__struct_config__.forbid_unknown_fields
        assert all(field.encode_name.islower() for field in msgspec.structs.fields(target.settings_type))


def test_its_hooks_say_when_they_run_and_what_their_errors_mean(app: Litestar, plugin_info: PluginInfo) -> None:
    returned: Any = getattr(_object(app, plugin_info.name), "glueful_add_hookspecs", list)()
    missing = []
    for namespace in returned if isinstance(returned, list | tuple) else [returned]:
        for name, function in vars(namespace).items():
            if not callable(function) or (info := hook_info(function)) is None:
                continue
            text = getdoc(function) or ""
            parts = ["When", "Order", "Errors", "Returns" if info.kind is HookKind.CONTRIBUTION else "Fires again"]
            missing += [f"{name}: {part}" for part in parts if not re.search(rf"^{part}: .{{5,}}", text, re.MULTILINE)]
            missing += [
                f"{name}: {argument}" for argument in signature(function).parameters if f" {argument}: " not in text
            ]

    assert missing == []


def test_it_starts_and_stops_twice_with_what_it_requires_alone(app: Litestar) -> None:
    async def live() -> None:
        for _ in range(2):
            async with app.lifespan():
                pass

    asyncio.run(live())


def test_each_application_has_a_plugin_object_of_its_own(
    app: Litestar, request: pytest.FixtureRequest, plugin_info: PluginInfo
) -> None:
    other = _application(request)

    async def live() -> None:
        async with app.lifespan(), other.lifespan():
            pass

    asyncio.run(live())
    if isclass(target_of(plugin_info)):
        assert _object(app, plugin_info.name) is not _object(other, plugin_info.name)


def test_its_commands_say_what_they_do(app: Litestar) -> None:
    def silent(command: click.Command, path: str) -> Iterator[str]:
        if not command.help:
            yield path
        for name, child in getattr(command, "commands", {}).items():
            yield from silent(child, f"{path} {name}")

    found = app.plugins.get(Kernel).commands(taken=())

    assert [path for command in found for path in silent(command, str(command.name))] == []


def test_its_health_checks_have_names_that_begin_with_its_own(app: Litestar, plugin_info: PluginInfo) -> None:
    found = app.plugins.get(Kernel).composition.dispatcher.values("glueful_health_checks", HealthCheck)
    names = [check.name for plugin, check in found if plugin == plugin_info.name]

    assert [name for name in names if not re.fullmatch(rf"{plugin_info.name}(\.[a-z0-9_-]+)+", name)] == []
