"""Requests that know more than their fields: who may send them, rules of the moment, checks across fields."""

# ruff: noqa: ARG002, ARG003  the methods are there to be overridden

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import msgspec
from glueful_hookspecs import Principal

from .context import RequestContext, current_validation
from .pointer import Path
from .rules.rule import Rule
from .shape.walk import Found

RuleList: TypeAlias = "str | Rule | Sequence[str | Rule]"
"""Rules of one field: ``"email|max:255"``, a rule, or a list of both."""


class FieldUnavailable(Exception):
    """``rules`` or ``after`` looked at a field that has an error of its own; ends that method quietly."""


class Errors:
    """Where ``after`` notes what it finds."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def add(self, field: str, code: str, message: str | None = None, **params: Any) -> None:
        """Note an error.

        Args:
            field: name of the field as in JSON, or a JSON Pointer for a place deeper inside; empty for the whole body.
            code: what the answer calls it.
            message: for people, without the value; None for the catalogue's.
            params: fill the placeholders of the message.
        """
        self.found.append(Found(_path(field), code, params, message))


def _path(field: str) -> Path:
    if not field.startswith("/"):
        return (field,) if field else ()
    steps = [step.replace("~1", "/").replace("~0", "~") for step in field.split("/")[1:]]
    return tuple(int(step) if step.isdigit() else step for step in steps)


class FormRequest(msgspec.Struct, kw_only=True):
    """A request body with its own authorization, rules, messages and checks: ``data: JSONBody[CreateUser]``.

    Its fields are declared as in any Struct. Each method may be overridden; those that say so may be ``async def``.
    They run in this order: ``bindings``, ``authorize``, ``prepare``, the types and rules of the fields, ``rules``,
    ``after``. Where fields have errors, ``rules`` and ``after`` run on those that have none, so that one answer names
    everything; each ends quietly where it looks at a field that has an error.

    Only the body itself can be a FormRequest, not a part of it.
    """

    validation_messages: ClassVar[Mapping[str, str]] = {}
    """Messages of this type by ``field.code``, ``items.*.price.min`` or just ``code``."""

    @classmethod
    def context(cls) -> RequestContext:
        """The request that is being validated, or handled after that.

        Raises:
            LookupError: none is.
        """
        return current_validation.get()

    @property
    def route(self) -> Any:
        """Path parameters and bound objects as attributes: ``self.route.user_id``, ``self.route.user``."""
        return current_validation.get().route

    @property
    def principal(self) -> Principal | None:
        """Who is calling."""
        return current_validation.get().principal

    @classmethod
    def bindings(cls) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
        """Objects that the path parameters stand for; attributes of ``self.route`` from then on. May be async.

        ``return {"user": await User.find_or_fail(cls.context().route.user_id)}``

        What it raises is the answer, such as 404. It runs before ``authorize``, which may look at them, and the handler
        finds them in ``data.route`` without asking the database again.
        """
        return {}

    @classmethod
    def authorize(cls, principal: Principal | None) -> bool | Awaitable[bool]:
        """Whether the caller may send this request at all; False answers 403 before the body is read. May be async."""
        return True

    @classmethod
    def prepare(cls, data: Any) -> Any:
        """Change the plain data before it is decoded, for example to rename what old clients send.

        Args:
            data: what JSON says, not yet checked: anything from None to a dict.
        """
        return data

    def rules(self) -> Mapping[str, RuleList] | Awaitable[Mapping[str, RuleList]]:
        """Rules that depend on the request, by field, on top of those that its type declares. May be async.

        A field inside is named by its way: ``"user.email"``, ``"items.*.price"``.

        ``return {"email": Unique(User.email).ignore(self.route.user)}``
        """
        return {}

    @classmethod
    def messages(cls) -> Mapping[str, str]:
        """Messages of this type, see ``validation_messages``."""
        return cls.validation_messages

    def after(self, errors: Errors) -> Awaitable[None] | None:
        """Look at several fields together, once their own rules have run. May be async."""
        return None

    def validated(self) -> dict[str, Any]:
        """The declared fields and nothing else; without those that were not sent, if their default is ``UNSET``."""
        return validated(self)


def validated(data: Any) -> dict[str, Any]:
    """The declared fields of a Struct by name, without those that are ``msgspec.UNSET``: what a ``PATCH`` may write.

    Args:
        data: a Struct, not a mapping: what was not declared is not in it.
    """
    fields: Iterable[str] = data.__struct_fields__
    return {name: value for name in fields if (value := getattr(data, name)) is not msgspec.UNSET}


class PartialRequest:
    """Stands in for a FormRequest of which some fields have errors: the good fields and all methods are there.

    Args:
        cls: the FormRequest.
        values: the good fields, by declared name.
    """

    __slots__ = ("_cls", "_values")

    def __init__(self, cls: type[FormRequest], values: Mapping[str, Any]) -> None:
        self._cls = cls
        self._values = values

    @property  # type: ignore[misc]
    def __class__(self) -> type[FormRequest]:  # type: ignore[override]
        """The class that it stands in for, so that ``super()`` and ``isinstance`` work."""
        return self._cls

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._cls.__struct_fields__:
            raise FieldUnavailable(name)
        for base in self._cls.__mro__:
            if name in vars(base):
                attribute = vars(base)[name]
                return attribute.__get__(self, self._cls) if hasattr(attribute, "__get__") else attribute
        raise AttributeError(f"{self._cls.__name__} has no attribute {name!r}")


def overrides(cls: type[FormRequest], method: str) -> bool:
    """Whether a subclass has its own version of a method."""
    own, base = getattr(cls, method), getattr(FormRequest, method)
    return getattr(own, "__func__", own) is not getattr(base, "__func__", base)
