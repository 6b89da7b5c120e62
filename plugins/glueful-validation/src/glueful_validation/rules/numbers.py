"""Rules for numbers and for the size of strings and arrays. All are enforced by msgspec while it decodes."""

# ruff: noqa: N802  they read like the classes beside them

import msgspec

from .rule import native


def Min(limit: float, *, message: str | None = None) -> msgspec.Meta:
    """At least ``limit``; for numbers. For strings and arrays see ``MinLength``."""
    return native("min", params={"min": limit}, message=message, ge=limit)


def Max(limit: float, *, message: str | None = None) -> msgspec.Meta:
    """At most ``limit``; for numbers. For strings and arrays see ``MaxLength``."""
    return native("max", params={"max": limit}, message=message, le=limit)


def Between(low: float, high: float, *, message: str | None = None) -> msgspec.Meta:
    """From ``low`` to ``high``, both included; for numbers."""
    return native("between", params={"min": low, "max": high}, message=message, ge=low, le=high)


def GreaterThan(limit: float, *, message: str | None = None) -> msgspec.Meta:
    """More than ``limit``; for numbers."""
    return native("greater_than", params={"limit": limit}, message=message, gt=limit)


def LessThan(limit: float, *, message: str | None = None) -> msgspec.Meta:
    """Less than ``limit``; for numbers."""
    return native("less_than", params={"limit": limit}, message=message, lt=limit)


def MultipleOf(step: float, *, message: str | None = None) -> msgspec.Meta:
    """A multiple of ``step``; for numbers."""
    return native("multiple_of", params={"step": step}, message=message, multiple_of=step)


def MinLength(length: int, *, message: str | None = None) -> msgspec.Meta:
    """At least ``length`` characters (code points), items or members."""
    return native("min_length", params={"min": length}, message=message, min_length=length)


def MaxLength(length: int, *, message: str | None = None) -> msgspec.Meta:
    """At most ``length`` characters (code points), items or members."""
    return native("max_length", params={"max": length}, message=message, max_length=length)


def Length(low: int, high: int, *, message: str | None = None) -> msgspec.Meta:
    """From ``low`` to ``high`` characters (code points), items or members."""
    return native("length", params={"min": low, "max": high}, message=message, min_length=low, max_length=high)
