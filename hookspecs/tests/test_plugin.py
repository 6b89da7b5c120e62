"""The base class of plugins."""

from typing import Any

import msgspec
import pytest
from glueful_hookspecs import HookNotAttached, NoSettings, Plugin


class DemoSettings(msgspec.Struct, frozen=True):
    word: str = "hello"


class DemoPlugin(Plugin[DemoSettings]):
    pass


def test_the_type_argument_names_the_settings() -> None:
    assert DemoPlugin.settings_type is DemoSettings
    assert DemoPlugin().settings == DemoSettings()
    assert DemoPlugin(DemoSettings("moin")).settings.word == "moin"


def test_a_plugin_without_settings_takes_no_key() -> None:
    class Bare(Plugin[Any]):
        pass

    assert Bare.settings_type is NoSettings
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"key": 1}, NoSettings)


def test_a_subclass_keeps_the_settings_of_its_base() -> None:
    class Derived(DemoPlugin):
        pass

    assert Derived.settings_type is DemoSettings


def test_hooks_before_a_kernel_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(HookNotAttached) as caught:
        _ = DemoPlugin().hooks

    assert str(caught.value) == (
        "DemoPlugin used `self.hooks` before it was part of a kernel\n"
        "  fix: use hooks from a hook implementation, or pass the object to Kernel(plugins=[...])"
    )
