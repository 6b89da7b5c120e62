"""Order, kinds and errors of hooks."""

from types import SimpleNamespace
from typing import Any

import pytest
from glueful_hookspecs import hook, hookimpl
from glueful_kernel.dispatch import Dispatcher, add_specifications, register
from glueful_kernel.errors import HookFailed
from glueful_registry import InvalidHook, UnknownHook
from hypothesis import given
from hypothesis import strategies as st
from pluggy import PluginManager
from structlog.testing import capture_logs


class Specifications:
    @hook("contribution", since="0.1")
    def demo_words(self, prefix: str, suffix: str) -> str: ...  # type: ignore[empty-body]

    @hook("observer", since="0.1")
    def demo_seen(self, value: int, log: list[str]) -> None: ...

    @hook("veto", since="0.1")
    def demo_doing(self, value: int, log: list[str]) -> bool | None: ...


def dispatcher(**plugins: object) -> Dispatcher:
    manager = PluginManager("glueful")
    add_specifications(manager, "demo", Specifications())
    for name, plugin in plugins.items():
        register(manager, name, plugin)
    return Dispatcher(manager, list(plugins))


def listener(text: str, *, is_async: bool = False, **options: Any) -> object:
    if is_async:

        class Async:
            @hookimpl(**options)  # type: ignore[untyped-decorator]
            async def demo_seen(self, log: list[str]) -> None:
                log.append(text)

        return Async()

    class Plain:
        @hookimpl(**options)  # type: ignore[untyped-decorator]
        def demo_seen(self, log: list[str]) -> None:
            log.append(text)

    return Plain()


async def test_implementations_run_in_plugin_order_async_or_not() -> None:
    log: list[str] = []
    hooks = dispatcher(a=listener("a"), b=listener("b", is_async=True), c=listener("c"))

    await hooks.runtime("demo_seen")(value=1, log=log)

    assert log == ["a", "b", "c"]


@given(st.lists(st.sampled_from(["first", "plain", "last"]), max_size=8))
async def test_tryfirst_and_trylast_move_within_the_hook_and_keep_plugin_order(kinds: list[str]) -> None:
    log: list[str] = []
    plugins = {
        f"p{index}": listener(f"{kind}{index}", tryfirst=kind == "first", trylast=kind == "last")
        for index, kind in enumerate(kinds)
    }

    await dispatcher(**plugins).runtime("demo_seen")(value=1, log=log)

    expected = [f"{k}{i}" for wanted in ("first", "plain", "last") for i, k in enumerate(kinds) if k == wanted]
    assert log == expected


def test_a_hook_that_nobody_implements_is_false() -> None:
    assert not dispatcher().runtime("demo_seen")
    assert dispatcher(a=listener("a")).runtime("demo_seen")


async def test_an_observers_error_is_logged_with_the_plugins_name_and_changes_nothing() -> None:
    class Failing:
        @hookimpl
        def demo_seen(self) -> None:
            raise RuntimeError("boom")

    log: list[str] = []
    with capture_logs() as lines:
        await dispatcher(bad=Failing(), good=listener("good")).runtime("demo_seen")(value=1, log=log)

    assert log == ["good"]
    assert [(line["plugin"], line["hook"]) for line in lines] == [("bad", "demo_seen")]


async def test_a_veto_stops_with_its_error_or_with_false() -> None:
    class Refusing:
        @hookimpl
        def demo_doing(self, value: int) -> bool | None:
            if value > 1:
                raise ValueError("too much")
            return value > 0

    log: list[str] = []

    class Later:
        @hookimpl
        def demo_doing(self, log: list[str]) -> None:
            log.append("later")

    doing = dispatcher(a=Refusing(), b=Later()).runtime("demo_doing")

    assert await doing(value=1, log=log) is True
    assert await doing(value=0, log=log) is False
    with pytest.raises(ValueError, match="too much") as caught:
        await doing(value=2, log=log)
    assert caught.value.__notes__ == ["raised in demo_doing of plugin a"]
    assert log == ["later"]


def test_contributions_come_with_the_plugins_name_and_none_is_left_out() -> None:
    class Words:
        @hookimpl
        def demo_words(self, prefix: str) -> str:
            return f"{prefix}!"

    class Silent:
        @hookimpl
        def demo_words(self) -> None:
            return None

    hooks = dispatcher(words=Words(), silent=Silent())

    assert hooks.contributions("demo_words", prefix="a", suffix="z") == [("words", "a!")]


def test_an_error_in_a_contribution_names_plugin_and_hook() -> None:
    class Failing:
        @hookimpl
        def demo_words(self) -> str:
            raise RuntimeError("boom")

    with pytest.raises(HookFailed) as caught:
        dispatcher(bad=Failing()).contributions("demo_words", prefix="", suffix="")

    assert (caught.value.plugin, caught.value.hook) == ("bad", "demo_words")


def test_an_unknown_hook_is_refused_with_the_nearest_name() -> None:
    class Typo:
        @hookimpl
        def demo_sen(self) -> None: ...

    with pytest.raises(UnknownHook) as caught:
        dispatcher(typo=Typo())

    assert caught.value.suggestion == "demo_seen"


def test_an_optional_hook_may_be_unknown() -> None:
    class Joining:
        @hookimpl(optionalhook=True)
        def someone_elses_hook(self) -> None: ...

    assert dispatcher(joining=Joining()).plugins == ("joining",)


def test_arguments_that_the_specification_lacks_are_refused() -> None:
    class Wrong:
        @hookimpl
        def demo_seen(self, colour: str) -> None: ...

    with pytest.raises(InvalidHook, match="colour"):
        dispatcher(wrong=Wrong())


def test_wrappers_are_refused() -> None:
    class Wrapping:
        @hookimpl(wrapper=True)
        def demo_seen(self):
            return (yield)

    with pytest.raises(InvalidHook, match="wrapper"):
        dispatcher(wrapping=Wrapping())


def test_a_specification_without_a_kind_is_refused() -> None:
    from pluggy import HookspecMarker

    manager = PluginManager("glueful")

    @HookspecMarker("glueful")
    def demo_kindless() -> None: ...

    with pytest.raises(InvalidHook, match="without a kind"):
        add_specifications(manager, "demo", SimpleNamespace(demo_kindless=demo_kindless))


def test_a_hook_that_is_declared_twice_is_refused() -> None:
    manager = PluginManager("glueful")
    add_specifications(manager, "demo", Specifications())

    with pytest.raises(InvalidHook, match="already registered"):
        add_specifications(manager, "other", Specifications())


def test_asking_for_an_unknown_hook_is_an_error() -> None:
    with pytest.raises(LookupError, match="demo_absent"):
        dispatcher().runtime("demo_absent")
    with pytest.raises(LookupError):
        dispatcher().runtime("demo_words")
