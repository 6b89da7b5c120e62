"""The arguments of a job: a Struct made from its signature, checked when a job is enqueued and when it runs."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import msgspec
from glueful_hookspecs import refuse_not_finite

from .context import JobContext
from .errors import JobArgumentsInvalid, JobUnfit

_encode = msgspec.json.Encoder().encode


class Arguments:
    """What one job takes.

    Args:
        name: of the job, for errors.
        function: a function, a coroutine function or a class.

    Attributes:
        context_parameter: the parameter annotated with ``JobContext``, which the worker fills in; None without one.

    Raises:
        JobUnfit: a parameter has no type, a type that is no JSON, or no name.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self._name = name
        self.context_parameter: str | None = None
        self._signature = inspect.signature(function)
        try:
            hints = get_type_hints(function.__init__ if inspect.isclass(function) else function, include_extras=True)
            if inspect.isclass(function):
                hints = {**get_type_hints(function, include_extras=True), **hints}
        except NameError as error:
            raise JobUnfit(name, f"a type cannot be found: {error}") from error
        fields: list[Any] = []
        for parameter in self._signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                raise JobUnfit(name, f"the parameter {parameter.name} has no name that a queue could keep")
            kind = hints.get(parameter.name)
            if kind is None:
                raise JobUnfit(name, f"the parameter {parameter.name} has no type")
            if kind is JobContext:
                self.context_parameter = parameter.name
                continue
            fields.append(
                (parameter.name, kind) if parameter.default is parameter.empty else _with_default(parameter, kind)
            )
        fields.sort(key=len)
        self._names = [name for name in self._signature.parameters if name != self.context_parameter]
        self._struct = msgspec.defstruct("Arguments", fields, forbid_unknown_fields=True, kw_only=True)
        try:
            self._decode = msgspec.json.Decoder(self._struct).decode
        except TypeError as error:
            raise JobUnfit(name, str(error).splitlines()[0]) from error

    def encode(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], limit: int) -> dict[str, Any]:
        """Check arguments, and give them as plain JSON data.

        Raises:
            JobArgumentsInvalid: they do not fit, or are larger than ``limit`` bytes.
        """
        try:
            bound = self._bind(args, kwargs)
            raw = _encode(bound)
            if len(raw) > limit:
                raise JobArgumentsInvalid(self._name, f"they have {len(raw)} bytes; allowed are {limit}")
            refuse_not_finite(raw, bound)
            self._decode(raw)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            raise JobArgumentsInvalid(self._name, str(error)) from None
        plain: dict[str, Any] = msgspec.json.decode(raw)
        return plain

    def _bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if self.context_parameter is not None and self.context_parameter in kwargs:
            raise TypeError(f"{self.context_parameter} is filled in by the worker")
        if not args:
            return dict(kwargs)
        if len(args) > len(self._names):
            raise TypeError(f"{len(args)} positional arguments were given; there are {len(self._names)}")
        given = dict(zip(self._names, args, strict=False))
        if kwargs and (twice := given.keys() & kwargs.keys()):
            raise TypeError(f"{min(twice)} was given twice")
        return {**given, **kwargs}

    def decode(self, kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
        """The arguments of a stored job, of the declared types.

        Raises:
            JobArgumentsInvalid: they do not fit.
        """
        try:
            found = msgspec.convert(dict(kwargs or {}), self._struct)
        except (msgspec.ValidationError, TypeError) as error:
            raise JobArgumentsInvalid(self._name, str(error)) from None
        return {name: getattr(found, name) for name in self._struct.__struct_fields__}


def _with_default(parameter: inspect.Parameter, kind: Any) -> tuple[str, Any, Any]:
    value = parameter.default
    if isinstance(value, list | dict | set):
        return parameter.name, kind, msgspec.field(default_factory=lambda: type(value)(value))
    return parameter.name, kind, value
