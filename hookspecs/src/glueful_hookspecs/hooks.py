"""How a plugin calls hooks: the view that a kernel gives to each of its plugins."""

from typing import Any, NamedTuple, Protocol


class Contribution(NamedTuple):
    """What one plugin returned from a contribution hook."""

    plugin: str
    value: Any


class RuntimeHook(Protocol):
    """A runtime hook, compiled at boot. False when nobody implements it.

    Callers test it first: ``if hook: await hook(model=row)``.
    """

    name: str

    def __bool__(self) -> bool: ...

    async def __call__(self, **arguments: Any) -> bool:
        """Call every implementation in plugin order, awaiting those that are ``async def``.

        Returns:
            False if a veto implementation returned ``False`` (later ones are not called); else True.

        Raises:
            Exception: whatever a veto implementation raised. An observer's errors are logged instead.
        """
        ...


class Hooks(Protocol):
    """The hooks of one kernel. A plugin reaches it as ``self.hooks``; handlers as the service ``Hooks``."""

    def contributions(self, name: str, **arguments: Any) -> list[Contribution]:
        """Call the contribution hook ``name`` and return each non-None result in plugin order.

        Raises:
            LookupError: no specification declares ``name``.
        """
        ...

    def runtime(self, name: str) -> RuntimeHook:
        """The compiled observer or veto hook ``name``; fetch it once, at boot, and keep it.

        Raises:
            LookupError: no specification declares ``name``.
        """
        ...
