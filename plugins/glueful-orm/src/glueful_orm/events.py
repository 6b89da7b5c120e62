"""Model events: the hooks ``glueful_model_*`` of the application in which a model is used."""

from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Hooks, RuntimeHook, current_application

if TYPE_CHECKING:
    from .model.model import Model

NAMES = (
    "retrieved",
    "saving",
    "saved",
    "creating",
    "created",
    "updating",
    "updated",
    "deleting",
    "deleted",
    "restoring",
    "restored",
)


class Events:
    """Which events somebody listens to, by application; testing one costs a look at an attribute while nobody does."""

    def __init__(self) -> None:
        self._listeners: dict[Any, dict[str, RuntimeHook]] = {}
        self.is_observed = False

    def bind(self, application: Any, hooks: Hooks) -> None:
        """Let the plugins of an application hear of its models."""
        found = {name: hook for name in NAMES if (hook := hooks.runtime(f"glueful_model_{name}"))}
        if found:
            self._listeners[application] = found
        self.is_observed = bool(self._listeners)

    def unbind(self, application: Any) -> None:
        """Forget an application."""
        self._listeners.pop(application, None)
        self.is_observed = bool(self._listeners)

    async def fire(self, name: str, model: "Model") -> bool:
        """Tell the plugins of the current application.

        Returns:
            False if one vetoed by returning ``False``.

        Raises:
            Exception: whatever a veto raised.
        """
        hooks = self._listeners.get(current_application())
        hook = hooks.get(name) if hooks else None
        return True if hook is None else await hook(model=model)


EVENTS = Events()
"""The one of the process."""
