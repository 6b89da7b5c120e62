"""One name for two things: an instance's method, and the class method of Piccolo behind it."""

from collections.abc import Callable
from typing import Any


class hybrid:  # noqa: N801 - used as a decorator
    """On an instance the decorated coroutine function; on the class whatever Piccolo's ``Table`` has there.

    Piccolo calls ``cls.update`` and ``cls.delete`` itself.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return getattr(super(self._owner, owner), self._name)
        return self._function.__get__(instance, owner)
