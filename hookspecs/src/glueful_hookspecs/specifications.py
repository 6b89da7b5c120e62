"""The list of modules whose hooks the kernel calls."""

from types import ModuleType


def kernel_specifications() -> tuple[ModuleType, ...]:
    """The modules with the common hook specifications, in the order of the reference."""
    from . import application, commands, health, lifespan, model, production, request

    return (application, commands, health, production, lifespan, request, model)
