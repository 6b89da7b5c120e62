"""The models of the process by name, for relations that name their target as text."""

from collections.abc import Iterator
from typing import Any

from .errors import AmbiguousModel


class Registry:
    """Two packages may have models of one name: the nearest to whoever asks is meant."""

    def __init__(self) -> None:
        self._models: dict[str, list[type[Any]]] = {}

    def add(self, model: type[Any]) -> None:
        """Keep a model; one of the same place, as when a notebook's cell runs again, is replaced."""
        place = (model.__module__, model.__qualname__)
        others = [one for one in self._models.get(model.__name__, ()) if (one.__module__, one.__qualname__) != place]
        self._models[model.__name__] = [*others, model]

    def forget(self, model: type[Any]) -> None:
        """Take a model away."""
        self._models[model.__name__].remove(model)

    def __iter__(self) -> Iterator[type[Any]]:
        return (model for models in self._models.values() for model in models)

    def named(self, name: str, near: type[Any]) -> type[Any] | None:
        """The model of a name, or None.

        Args:
            name: ``"Post"``: of the module of ``near``, else of its package, else the only one;
                ``"glueful_blog.Post"`` or ``"glueful_blog.models.Post"``: of this package or module.
            near: a model.

        Raises:
            AmbiguousModel: several are as near.
        """
        place, _, short = name.rpartition(".")
        found = self._models.get(short, [])
        if place:
            found = [model for model in found if place in (model.__module__, _package(model))]
        else:
            for is_near in (
                [model for model in found if model.__module__ == near.__module__][-1:],
                [model for model in found if _package(model) == _package(near)],
            ):
                if is_near:
                    found = is_near
                    break
        if len(found) > 1:
            raise AmbiguousModel(near.__name__, name, [f"{model.__module__}.{short}" for model in found])
        return found[0] if found else None


def _package(model: type[Any]) -> str:
    return str(model.__module__).partition(".")[0]


MODELS = Registry()
