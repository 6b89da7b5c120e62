"""Every specification says what a reference needs."""

import re
from collections.abc import Callable
from inspect import getdoc, signature

import pytest
from glueful_hookspecs import HookKind, hook, hook_info, kernel_specifications

HOOKS: dict[str, Callable[..., object]] = {
    name: member
    for module in kernel_specifications()
    for name, member in vars(module).items()
    if callable(member) and hook_info(member)
}


def test_the_vocabulary_is_complete() -> None:
    model = "retrieved creating created updating updated saving saved deleting deleted restoring restored"
    assert set(HOOKS) == {
        "glueful_add_hookspecs",
        "glueful_services",
        "glueful_routes",
        "glueful_middleware",
        "glueful_exception_handlers",
        "glueful_dependencies",
        "glueful_guards",
        "glueful_litestar_plugins",
        "glueful_health_checks",
        "glueful_commands",
        "glueful_production_findings",
        "glueful_openapi",
        "glueful_configure",
        "glueful_startup",
        "glueful_shutdown",
        "glueful_request_started",
        "glueful_request_finished",
        "glueful_request_failed",
        *(f"glueful_model_{event}" for event in model.split()),
    }


@pytest.mark.parametrize("name", HOOKS)
def test_a_docstring_says_when_in_which_order_and_what_errors_mean(name: str) -> None:
    text = getdoc(HOOKS[name]) or ""
    info = hook_info(HOOKS[name])
    assert info is not None
    parts = ["When", "Order", "Errors", "Returns" if info.kind is HookKind.CONTRIBUTION else "Fires again"]

    assert [part for part in parts if not re.search(rf"^{part}: .{{5,}}", text, re.MULTILINE)] == []
    assert [argument for argument in signature(HOOKS[name]).parameters if f"    {argument}: " not in text] == []


@pytest.mark.parametrize("name", [name for name in HOOKS if "_model_" in name or "_request_" in name])
def test_a_veto_ends_in_ing_and_a_fact_does_not(name: str) -> None:
    info = hook_info(HOOKS[name])
    assert info is not None

    assert (info.kind is HookKind.VETO) == name.endswith("ing")


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="filter"):
        hook("filter", since="0.1")
