"""Model events: the hooks ``glueful_model_*`` of the application in which a model is used."""

from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Hooks, RuntimeHook, current_application

from .transactions import after_commit

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
AFTERWARDS = frozenset({"retrieved", "saved", "created", "updated", "deleted", "restored"})
"""Events that nobody can veto: the statement was executed."""


class Events:
    """Which events somebody listens to, by application; testing one costs a look at an attribute while nobody does."""

    def __init__(self) -> None:
        self._listeners: dict[Any, dict[str, RuntimeHook]] = {}
        self._observers: dict[type[Any], list[object]] = {}
        self.is_observed = False

    def bind(self, application: Any, hooks: Hooks) -> None:
        """Let the plugins of an application hear of its models."""
        found = {name: hook for name in NAMES if (hook := hooks.runtime(f"glueful_model_{name}"))}
        if found:
            self._listeners[application] = found
        self.is_observed = bool(self._listeners or self._observers)

    def observe(self, model: "type[Model]", observer: object) -> None:
        """Let an object hear of the rows of a model and of its subclasses; see ``Model.observe``.

        Raises:
            TypeError: a public method of it is named after no event.
        """
        methods = {name for name in dir(observer) if not name.startswith("_") and callable(getattr(observer, name))}
        if unknown := sorted(methods - set(NAMES)):
            raise TypeError(f"{type(observer).__name__}.{unknown[0]} is no model event: {', '.join(NAMES)}")
        self._observers.setdefault(model, []).append(observer)
        self.is_observed = True

    def ignore(self, model: "type[Model]", observer: object) -> None:
        """Take an observer away."""
        self._observers[model].remove(observer)
        if not self._observers[model]:
            del self._observers[model]
        self.is_observed = bool(self._listeners or self._observers)

    def unbind(self, application: Any) -> None:
        """Forget an application."""
        self._listeners.pop(application, None)
        self.is_observed = bool(self._listeners or self._observers)

    async def fire(self, name: str, model: "Model") -> bool:
        """Tell the plugins of the current application, then the model's own observers.

        Returns:
            False if one vetoed by returning ``False``.

        Raises:
            Exception: whatever a veto raised.
        """
        hooks = self._listeners.get(current_application())
        hook = hooks.get(name) if hooks else None
        if hook is not None and not await hook(model=model):
            return False
        return not self._observers or await self._tell(name, model)

    async def _tell(self, name: str, model: "Model") -> bool:
        for kind in type(model).__mro__:
            for observer in self._observers.get(kind, ()):
                method = getattr(observer, name, None)
                if method is None:
                    continue
                if getattr(observer, "after_commit", False) and name in AFTERWARDS:
                    await after_commit(partial(method, model))
                    continue
                answer = method(model)
                if isawaitable(answer):
                    answer = await answer
                if answer is False and name not in AFTERWARDS:
                    return False
        return True


EVENTS = Events()
"""The one of the process."""
