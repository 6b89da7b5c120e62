"""The markers for hook specifications and implementations (pluggy project name ``glueful``)."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, TypeVar

from pluggy import HookimplMarker, HookspecMarker

F = TypeVar("F", bound=Callable[..., object])

hookimpl = HookimplMarker("glueful")
"""Marks a function or method as a hook implementation; takes ``tryfirst``, ``trylast``, ``optionalhook``."""

_hookspec = HookspecMarker("glueful")


class HookKind(StrEnum):
    """What a hook may do, and what its errors mean."""

    CONTRIBUTION = "contribution"
    """Runs once at boot, synchronously, and returns what the plugin adds. An error fails the plugin."""
    OBSERVER = "observer"
    """A fact while serving. An error is logged with the plugin's name and changes nothing."""
    VETO = "veto"
    """Before the fact (``…ing``). An error, or a returned ``False``, stops the operation."""


class HookInfo(NamedTuple):
    """What ``hook()`` records on a specification."""

    kind: HookKind
    since: str
    """Version of the declaring package that brought the hook."""


def hook(kind: str, *, since: str, warn_on_impl: Warning | None = None) -> Callable[[F], F]:
    """Declare a function as a hook specification.

    Args:
        kind: ``"contribution"``, ``"observer"`` or ``"veto"``.
        since: version of the declaring package in which the hook first appears.
        warn_on_impl: a warning for plugins that still implement a hook on its way out.

    Raises:
        ValueError: the kind is none of the three.
    """
    info = HookInfo(HookKind(kind), since)

    def mark(function: F) -> F:
        function.glueful_hook = info  # type: ignore[attr-defined]
        return _hookspec(function, warn_on_impl=warn_on_impl)

    return mark


def hook_info(function: Callable[..., object]) -> HookInfo | None:
    """What ``hook()`` recorded on ``function``, or None if it is no hook specification."""
    return getattr(function, "glueful_hook", None)
